package precheck

import (
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
)

// checkTypes compares the functions with those that have a type, and checks
// that functions which can end in their middle return a number, as they then
// do. Whether the types themselves are sound is checked elsewhere.
func (c *checker) checkTypes() *Reject {
	if !c.prog.ExtInfo {
		return c.checkAbnormal(func(int) bool { return false }, "not allowed in subprogs without BTF")
	}
	var typed []int32
	for _, f := range c.prog.Funcs {
		if f.Type != nil {
			typed = append(typed, int32(f.Start))
		}
	}
	if len(typed) != len(c.starts) {
		return reject(Types, -1, "EINVAL", "number of funcs in func_info doesn't match number of subprogs")
	}
	for i, start := range typed {
		if start != c.starts[i] {
			return reject(Types, int(start), "EINVAL", "func_info BTF section doesn't match subprog layout in BPF program")
		}
	}
	returnsInt := func(fn int) bool { return returnsNumber(c.prog.Funcs[fn].Type) }
	return c.checkAbnormal(returnsInt, "only allowed in functions that return 'int'.")
}

// checkAbnormal looks for functions other than the entry which can end in their
// middle.
func (c *checker) checkAbnormal(allowed func(fn int) bool, message string) *Reject {
	for fn := 1; fn < len(c.starts); fn++ {
		if allowed(fn) {
			continue
		}
		if slot := c.find(fn, isPacketLoad); slot >= 0 {
			return reject(Types, slot, "EINVAL", "LD_ABS is %s", message)
		}
		if slot := c.find(fn, isTailCall); slot >= 0 {
			return reject(Types, slot, "EINVAL", "tail_call is %s", message)
		}
	}
	return nil
}

// find returns the first slot of a function that is of some kind, -1 for none.
// Like the kernel it takes every slot for an instruction.
func (c *checker) find(fn int, is func(cfg.Insn) bool) int {
	for slot := c.starts[fn]; slot < c.end(fn); slot++ {
		if is(c.insns[slot]) {
			return int(slot)
		}
	}
	return -1
}

func isTailCall(i cfg.Insn) bool { return i.IsHelperCall() && i.Imm == tailCall }

func isPacketLoad(i cfg.Insn) bool {
	return i.Class() == cfg.ClassLD && (i.Mode() == cfg.ModeABS || i.Mode() == cfg.ModeIND)
}

const tailCall = 12 // number of the helper

func returnsNumber(fn *btf.Func) bool {
	proto, ok := fn.Type.(*btf.FuncProto)
	if !ok {
		return false
	}
	switch t := btf.UnderlyingType(proto.Return).(type) {
	case *btf.Int:
		return t.Size <= 8
	case *btf.Enum:
		return true
	}
	return false
}
