package btf

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bpflint/bpflint/internal/linux"
)

// Records is a table as BPF_PROG_LOAD gets it: records of a size that user
// space chooses. Kernels ignore what is behind the fields they know, as long as
// it is zero.
type Records struct {
	Data []byte
	Size uint32 // of a record, in bytes
}

// count returns the number of records.
func (r Records) count() int {
	if r.Size == 0 {
		return 0
	}
	return len(r.Data) / int(r.Size)
}

// Sizes of records as all targets know them: struct bpf_func_info,
// bpf_line_info and bpf_core_relo.
const (
	FuncInfoSize = 8
	LineInfoSize = 16
	CoreReloSize = 16

	maxInfoSize = 252
)

// Code is what the tables are compared with.
type Code struct {
	Len   int   // slots
	Funcs []int // first slots of the functions, ascending; the first is 0
	// Inside reports whether a slot is the second half of a 64-bit constant.
	Inside func(slot int) bool
}

// Checked is a blob that a kernel takes.
type Checked struct{ c *checker }

// CheckAll is Check for a caller who goes on with CheckInfo.
func CheckAll(blob []byte, kernel Kernel) (*Checked, error) {
	c, r := check(blob, kernel)
	if r != nil {
		return nil, r
	}
	return &Checked{c}, nil
}

// Types returns the number of types, void among them: the first ID that there
// is not.
func (b *Checked) Types() int { return int(b.c.count()) }

// CheckInfo compares func_info and line_info with a program, as BPF_PROG_LOAD
// does with the blob that it was given. The error is a *Refusal.
func (b *Checked) CheckInfo(funcs, lines Records, code *Code) error {
	for _, r := range []*Refusal{b.c.checkFuncInfo(funcs, code), b.c.checkLineInfo(lines, code)} {
		if r != nil {
			return r
		}
	}
	return nil
}

// CheckCore looks at CO-RE relocations that the kernel is to apply. Whether
// they have a match in its types is not said. The error is a *Refusal.
func (b *Checked) CheckCore(relos Records, code *Code) error {
	if r := b.c.checkCore(relos, code); r != nil {
		return r
	}
	return nil
}

// infoRecord returns the i-th record, with zeros for fields that user space
// does not know; it is not ok when it has fields that the kernel does not know.
func (r Records) infoRecord(i int, known [4]uint32, size int) ([4]uint32, bool) {
	data := r.Data[i*int(r.Size) : (i+1)*int(r.Size)]
	for at := 0; at < len(data); at += 4 {
		word := binary.LittleEndian.Uint32(data[at:])
		if at < size {
			known[at/4] = word
		} else if word != 0 {
			return known, false
		}
	}
	return known, true
}

func (r Records) sizeOK(least uint32) bool {
	return r.Size >= least && r.Size <= maxInfoSize && r.Size%4 == 0
}

func tailRefusal(what string) *Refusal {
	return &Refusal{Errno: e2big, Message: "nonzero tailing record in " + what}
}

const tooFewFuncs = "number of funcs in func_info doesn't match number of subprogs"

// checkFuncInfo wants a record for each function. Kernels since 6.7 look at the
// records before they know the functions.
func (c *checker) checkFuncInfo(funcs Records, code *Code) *Refusal {
	early := c.has(linux.BTFEarlyFuncInfo)
	n := funcs.count()
	if len(funcs.Data) == 0 {
		return nil
	}
	if !early && n != len(code.Funcs) {
		return said(tooFewFuncs)
	}
	if !funcs.sizeOK(FuncInfoSize) {
		return said("invalid func info rec size %d", funcs.Size)
	}
	last := uint32(0)
	for i := range n {
		rec, ok := funcs.infoRecord(i, [4]uint32{}, FuncInfoSize)
		if !ok {
			return tailRefusal("func info")
		}
		if r := c.checkFuncRecord(i, rec, last); r != nil {
			return r
		}
		if !early && rec[0] != uint32(code.Funcs[i]) {
			return misplaced()
		}
		if t, _ := c.record(rec[1]); c.kind(&t) != KindFunc {
			return said("invalid type id %d in func info", int32(rec[1]))
		}
		last = rec[0]
	}
	if !early {
		return nil
	}
	if n != len(code.Funcs) {
		return said(tooFewFuncs)
	}
	for i, start := range code.Funcs {
		if rec, _ := funcs.infoRecord(i, [4]uint32{}, FuncInfoSize); rec[0] != uint32(start) {
			return misplaced()
		}
	}
	return nil
}

func misplaced() *Refusal {
	return said("func_info BTF section doesn't match subprog layout in BPF program")
}

func (c *checker) checkFuncRecord(i int, rec [4]uint32, last uint32) *Refusal {
	switch {
	case i == 0 && rec[0] != 0:
		return said("nonzero insn_off %d for the first func info record", rec[0])
	case i > 0 && rec[0] <= last:
		return said("same or smaller insn offset (%d) than previous func info record (%d)", rec[0], last)
	}
	return nil
}

// checkLineInfo wants ascending slots, names that exist, and a record at the
// start of each function.
func (c *checker) checkLineInfo(lines Records, code *Code) *Refusal {
	if len(lines.Data) == 0 {
		return nil
	}
	if lines.count() > math.MaxInt32/LineInfoSize || !lines.sizeOK(LineInfoSize) {
		return silent(einval, fmt.Sprintf("line_info has records of %d bytes", lines.Size))
	}
	next, last := 0, uint32(0) // function that still needs a record
	for i := range lines.count() {
		rec, ok := lines.infoRecord(i, [4]uint32{}, LineInfoSize)
		if !ok {
			return tailRefusal("line_info")
		}
		at := rec[0]
		switch {
		case i > 0 && at <= last || at >= uint32(code.Len):
			return said("Invalid line_info[%d].insn_off:%d (prev_offset:%d prog->len:%d)", i, at, last, code.Len)
		case code.Inside(int(at)):
			return said("Invalid insn code at line_info[%d].insn_off", i)
		case rec[1] >= uint32(len(c.strings)) || rec[2] >= uint32(len(c.strings)):
			return said("Invalid line_info[%d].line_off or .file_name_off", i)
		}
		if next < len(code.Funcs) && at >= uint32(code.Funcs[next]) {
			if at > uint32(code.Funcs[next]) {
				return said("missing bpf_line_info for func#%d", next)
			}
			next++
		}
		last = at
	}
	if missing := len(code.Funcs) - next; missing > 0 {
		return said("missing bpf_line_info for %d funcs starting from func#%d", missing, next)
	}
	return nil
}

// checkCore wants relocations to be about instructions and types that exist.
func (c *checker) checkCore(relos Records, code *Code) *Refusal {
	if len(relos.Data) == 0 {
		return nil
	}
	if relos.count() > math.MaxInt32/CoreReloSize || !relos.sizeOK(CoreReloSize) {
		return silent(einval, fmt.Sprintf("CO-RE relocations have records of %d bytes", relos.Size))
	}
	for i := range relos.count() {
		rec, ok := relos.infoRecord(i, [4]uint32{}, CoreReloSize)
		if !ok {
			return tailRefusal("core_relo")
		}
		if rec[0]%8 != 0 || rec[0]/8 >= uint32(code.Len) {
			return said("Invalid core_relo[%d].insn_off:%d prog->len:%d", i, rec[0], code.Len)
		}
		if _, exists := c.record(rec[1]); !exists {
			return said("relo #%d: bad type id %d", i, rec[1])
		}
	}
	return nil
}
