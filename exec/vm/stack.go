package vm

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/cfg"
)

// stackFrame is the stack of one function, and some bytes behind it that make
// every offset of a frame valid for every width, so that the compiler sees no
// need to check.
type stackFrame [StackSize + 8]byte

func (f *stackFrame) load8(off int32) uint64 { return uint64(f[uint(off)&(StackSize-1)]) }

func (f *stackFrame) load16(off int32) uint64 {
	o := uint(off) & (StackSize - 1)
	return uint64(binary.LittleEndian.Uint16(f[o : o+2]))
}

func (f *stackFrame) load32(off int32) uint64 {
	o := uint(off) & (StackSize - 1)
	return uint64(binary.LittleEndian.Uint32(f[o : o+4]))
}

func (f *stackFrame) load64(off int32) uint64 {
	o := uint(off) & (StackSize - 1)
	return binary.LittleEndian.Uint64(f[o : o+8])
}

func (f *stackFrame) store8(off int32, v uint8) { f[uint(off)&(StackSize-1)] = v }

func (f *stackFrame) store16(off int32, v uint16) {
	o := uint(off) & (StackSize - 1)
	binary.LittleEndian.PutUint16(f[o:o+2], v)
}

func (f *stackFrame) store32(off int32, v uint32) {
	o := uint(off) & (StackSize - 1)
	binary.LittleEndian.PutUint32(f[o:o+4], v)
}

func (f *stackFrame) store64(off int32, v uint64) {
	o := uint(off) & (StackSize - 1)
	binary.LittleEndian.PutUint64(f[o:o+8], v)
}

// frameOps maps loads and stores to those of the function's own stack.
var frameOps = [opCount]op{
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
	i.op, i.off = frameOps[i.op], off
	return i, true
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
