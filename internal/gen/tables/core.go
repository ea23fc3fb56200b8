package main

import (
	"encoding/binary"
	"math/rand/v2"
	"regexp"

	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/cfg"
)

// aboutRelocations are the refusals of a relocation whose instruction or type
// does not exist.
var aboutRelocations = regexp.MustCompile(`Invalid core_relo\[|relo #\d+: bad type id`)

// typeIDLocal is BPF_CORE_TYPE_ID_LOCAL, a relocation that needs nothing of the
// kernel's types. It is the only kind that is made: some kernels crash when they
// describe a type that does not match.
const typeIDLocal = 6

// relocatable is what a relocation of a program needs to find its match.
type relocatable struct {
	constants []int  // slots of instructions with a constant that may be changed
	zero      uint32 // offset of a name "0": the whole type
}

// newRelocatable also adds the name to the blob, whose last section the names
// are.
func newRelocatable(insns []cfg.Insn, blob []byte) (relocatable, []byte) {
	var r relocatable
	for i := range insns {
		op := asm.OpCode(insns[i].Op)
		if op.Class().IsALU() && op.Source() == asm.ImmSource {
			r.constants = append(r.constants, i)
		}
	}
	size := blob[namesSize:]
	r.zero = binary.LittleEndian.Uint32(size)
	binary.LittleEndian.PutUint32(size, r.zero+2)
	return r, append(blob, '0', 0)
}

// namesSize is the offset of str_len in struct btf_header.
const namesSize = 20

func (r *relocatable) ok() bool { return len(r.constants) > 0 }

// relocations makes a table of up to three relocations, near the limits of what
// a program can have. All but the last find their match on most occasions, so
// that the kernel comes to the last.
func relocations(r *rand.Rand, s *subject) []uint32 {
	near := func(limit int) uint32 {
		if r.IntN(3) == 0 {
			return uint32(limit - 2 + r.IntN(4))
		}
		return uint32(r.IntN(limit))
	}
	var list []uint32
	for range r.IntN(3) {
		list = append(list, uint32(8*s.constants[r.IntN(len(s.constants))]), 1, s.zero, typeIDLocal)
	}
	at := 8 * near(s.code.Len)
	if r.IntN(8) == 0 {
		at += r.Uint32N(8)
	}
	return append(list, at, near(s.checked.Types()), s.zero, typeIDLocal)
}
