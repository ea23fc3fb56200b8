package vm

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/mem"
)

// The functions below are the fast path of memory accesses, small enough to be
// inlined. Addresses come without mem.Bias, which the loader takes from the
// offsets of instructions. They answer for plain memory only; what they refuse goes to
// slowLoad or slowStore, which know devices and faults.

func load8(regions []mem.Region, addr uint64) (uint64, bool) {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].R, uint64(uint32(addr)); o < uint64(len(b)) {
			return uint64(b[o]), true
		}
	}
	return 0, false
}

func load16(regions []mem.Region, addr uint64) (uint64, bool) {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].R, uint64(uint32(addr)); o+2 <= uint64(len(b)) {
			return uint64(binary.LittleEndian.Uint16(b[o : o+2])), true
		}
	}
	return 0, false
}

func load32(regions []mem.Region, addr uint64) (uint64, bool) {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].R, uint64(uint32(addr)); o+4 <= uint64(len(b)) {
			return uint64(binary.LittleEndian.Uint32(b[o : o+4])), true
		}
	}
	return 0, false
}

func load64(regions []mem.Region, addr uint64) (uint64, bool) {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].R, uint64(uint32(addr)); o+8 <= uint64(len(b)) {
			return binary.LittleEndian.Uint64(b[o : o+8]), true
		}
	}
	return 0, false
}

func store8(regions []mem.Region, addr uint64, v uint8) bool {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].W, uint64(uint32(addr)); o < uint64(len(b)) {
			b[o] = v
			return true
		}
	}
	return false
}

func store16(regions []mem.Region, addr uint64, v uint16) bool {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].W, uint64(uint32(addr)); o+2 <= uint64(len(b)) {
			binary.LittleEndian.PutUint16(b[o:o+2], v)
			return true
		}
	}
	return false
}

func store32(regions []mem.Region, addr uint64, v uint32) bool {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].W, uint64(uint32(addr)); o+4 <= uint64(len(b)) {
			binary.LittleEndian.PutUint32(b[o:o+4], v)
			return true
		}
	}
	return false
}

func store64(regions []mem.Region, addr uint64, v uint64) bool {
	if i := addr >> mem.OffsetBits; i < uint64(len(regions)) {
		if b, o := regions[i].W, uint64(uint32(addr)); o+8 <= uint64(len(b)) {
			binary.LittleEndian.PutUint64(b[o:o+8], v)
			return true
		}
	}
	return false
}

// loadSizes and storeSizes give the width of a memory operation.
var (
	loadSizes = [1 << 8]int{
		opLoad8: 1, opLoad16: 2, opLoad32: 4, opLoad64: 8, opLoadS8: 1, opLoadS16: 2, opLoadS32: 4,
		opLoad8Jne64K: 1, opLoad16Jne64K: 2, opLoad32Jne64K: 4, opLoad64Store64X: 8,
	}
	storeSizes = [1 << 8]int{
		opStore8X: 1, opStore16X: 2, opStore32X: 4, opStore64X: 8,
		opStore8K: 1, opStore16K: 2, opStore32K: 4, opStore64K: 8,
	}
)

// slow runs what the fast path of the loop refused: an access to what is not
// plain memory, or a jump when the budget is used up.
func (c *CPU) slow(in *inst) error {
	switch {
	case loadSizes[in.op] != 0:
		return c.slowLoad(in)
	case storeSizes[in.op] != 0:
		return c.slowStore(in)
	}
	return ErrBudget
}

// slowLoad runs a load that the fast path refused.
func (c *CPU) slowLoad(in *inst) error {
	v, err := c.Mem.Load(c.R[in.src]+in.imm+mem.Bias, loadSizes[in.op])
	if err != nil {
		return err
	}
	switch in.op {
	case opLoadS8:
		v = uint64(int64(int8(v)))
	case opLoadS16:
		v = uint64(int64(int16(v)))
	case opLoadS32:
		v = uint64(int64(int32(v)))
	}
	c.R[in.dst] = v
	return nil
}

// slowStore runs a store that the fast path refused.
func (c *CPU) slowStore(in *inst) error {
	v, off := c.R[in.src], in.imm
	if in.storesImm() {
		v, off = in.imm, uint64(int64(in.off))
	}
	return c.Mem.Store(c.R[in.dst]+off+mem.Bias, storeSizes[in.op], v)
}
