package vm

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/cfg"
)

// stacks are the stacks of all functions that can be nested, and some bytes
// behind that make every offset valid for every width, so that the compiler
// sees no need to check.
type stacks [stackBytes + 8]byte

const stackBytes = MaxFrames * StackSize // a power of two

// frame returns the stack of the function at a depth.
func (s *stacks) frame(depth int) []byte {
	return s[depth*StackSize : (depth+1)*StackSize : (depth+1)*StackSize]
}

func (s *stacks) load8(at uint64) uint64 { return uint64(s[at%stackBytes]) }

func (s *stacks) load16(at uint64) uint64 {
	at %= stackBytes
	return uint64(binary.LittleEndian.Uint16(s[at : at+2]))
}

func (s *stacks) load32(at uint64) uint64 {
	at %= stackBytes
	return uint64(binary.LittleEndian.Uint32(s[at : at+4]))
}

func (s *stacks) load64(at uint64) uint64 {
	at %= stackBytes
	return binary.LittleEndian.Uint64(s[at : at+8])
}

func (s *stacks) store8(at uint64, v uint8) { s[at%stackBytes] = v }

func (s *stacks) store16(at uint64, v uint16) {
	at %= stackBytes
	binary.LittleEndian.PutUint16(s[at:at+2], v)
}

func (s *stacks) store32(at uint64, v uint32) {
	at %= stackBytes
	binary.LittleEndian.PutUint32(s[at:at+4], v)
}

func (s *stacks) store64(at uint64, v uint64) {
	at %= stackBytes
	binary.LittleEndian.PutUint64(s[at:at+8], v)
}

// frameOps maps loads and stores to those of the function's own stack.
var frameOps = [1 << 8]op{
	opLoad8: opLoadFrame8, opLoad16: opLoadFrame16, opLoad32: opLoadFrame32, opLoad64: opLoadFrame64,
	opStore8X: opStoreFrame8X, opStore16X: opStoreFrame16X, opStore32X: opStoreFrame32X, opStore64X: opStoreFrame64X,
	opStore8K: opStoreFrame8K, opStore16K: opStoreFrame16K, opStore32K: opStoreFrame32K, opStore64K: opStoreFrame64K,
}

// ownStack makes an access through R10 one of the function's own stack, where
// it is known to be inside, so that nothing is left to be checked.
func (l *loader) ownStack(i inst, base uint8, size int) (inst, bool) {
	off := i.off + StackSize
	if base != cfg.FP || l.movesFP || off < 0 || int(off)+size > StackSize || frameOps[i.op] == 0 {
		return i, false
	}
	i.op = frameOps[i.op]
	return i.at(int64(off)), true
}

// movesFP reports whether an instruction may change R10, which no verifier
// allows.
func movesFP(insns []cfg.Insn) bool {
	for _, in := range insns {
		switch in.Class() {
		case cfg.ClassALU, cfg.ClassALU64, cfg.ClassLDX, cfg.ClassLD:
			if in.Dst() == cfg.FP {
				return true
			}
		case cfg.ClassSTX:
			if in.Mode() == cfg.ModeATOMIC && (in.Src() == cfg.FP || in.Imm == cfg.AtomicLoadACQ && in.Dst() == cfg.FP) {
				return true
			}
		}
	}
	return false
}
