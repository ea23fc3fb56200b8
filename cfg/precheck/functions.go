package precheck

import (
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// checkFunctions finds the functions and checks that no jump leaves its own.
func (c *checker) checkFunctions() *Reject {
	if r := c.findFunctions(); r != nil {
		return r
	}
	return c.checkJumps()
}

// findFunctions collects where functions start. Like the kernel it takes every
// slot for an instruction here, also second halves.
func (c *checker) findFunctions() *Reject {
	c.starts = append(c.starts[:0], 0)
	marked := make([]bool, len(c.insns))
	marked[0] = true
	kfuncs := newKfuncs(c)
	for i, insn := range c.insns {
		isFunc := insn.IsLocalCall() || insn.IsFuncRef() && c.has(linux.FuncConstants)
		isKfunc := insn.IsKfuncCall() && c.has(linux.KfuncCalls)
		if !isFunc && !isKfunc {
			continue
		}
		if !c.caps.Has(linux.CapBPF) {
			return reject(Privilege, i, "EPERM", "%s are allowed for CAP_BPF and CAP_SYS_ADMIN", c.callsPhrase())
		}
		if isKfunc {
			if r := kfuncs.check(i, insn); r != nil {
				return r
			}
			continue
		}
		// The kernel adds in 32 bits.
		target := int32(i) + insn.Imm + 1
		if target < 0 || int(target) >= len(c.insns) {
			return reject(Callee, i, "EINVAL", "call to invalid destination")
		}
		if marked[target] {
			continue
		}
		if len(c.starts) == c.limits.Funcs {
			return reject(Functions, i, "E2BIG", "too many subprograms")
		}
		marked[target] = true
		c.starts = append(c.starts, target)
	}
	slices.Sort(c.starts)
	return nil
}

func (c *checker) callsPhrase() string {
	if c.has(linux.KfuncCalls) {
		return "loading/calling other bpf or kernel functions"
	}
	return "function calls to other bpf functions"
}

// end returns the slot after a function's last.
func (c *checker) end(fn int) int32 {
	if fn+1 < len(c.starts) {
		return c.starts[fn+1]
	}
	return int32(len(c.insns))
}

// funcAt returns the number of the function that holds a slot.
func (c *checker) funcAt(slot int32) int {
	i, found := slices.BinarySearch(c.starts, slot)
	if !found {
		i--
	}
	return i
}

// checkJumps also takes every slot for an instruction.
func (c *checker) checkJumps() *Reject {
	for fn, start := range c.starts {
		end := c.end(fn)
		for i := start; i < end; i++ {
			insn := c.insns[i]
			if target, ok := c.jumpTarget(insn, i); ok && (target < start || target >= end) {
				return reject(Jump, int(i), "EINVAL", "jump out of range from insn %d to %d", i, target).toward(int(target))
			}
		}
		if last := c.insns[end-1]; !c.endsFunction(last) {
			return reject(FallOff, int(end-1), "EINVAL", "last insn is not an exit or jmp")
		}
	}
	return nil
}

// jumpTarget returns where a slot with the class of a jump would lead, in 32
// bits as the kernel adds.
func (c *checker) jumpTarget(insn cfg.Insn, slot int32) (target int32, ok bool) {
	if !insn.IsJump() || insn.Operation() == cfg.JmpCALL || insn.Operation() == cfg.JmpEXIT {
		return 0, false
	}
	if insn.Op == cfg.OpJAX && c.has(linux.IndirectJump) {
		return 0, false
	}
	if insn.Op == cfg.OpJA32 && c.has(linux.LongJump) {
		return slot + 1 + insn.Imm, true
	}
	return slot + 1 + int32(insn.Off), true
}

func (c *checker) endsFunction(insn cfg.Insn) bool {
	switch insn.Op {
	case cfg.OpEXIT, cfg.OpJA:
		return true
	case cfg.OpJA32:
		return c.has(linux.LongJump)
	case cfg.OpJAX:
		return c.has(linux.IndirectJump)
	}
	return false
}

// kfuncs checks calls of kernel functions as far as it needs no types.
type kfuncs struct {
	*checker
	seen map[[2]int32]bool
}

func newKfuncs(c *checker) kfuncs { return kfuncs{c, map[[2]int32]bool{}} }

func (k kfuncs) check(slot int, call cfg.Insn) *Reject {
	if !linux.GPLCompatible(k.prog.License) {
		return reject(Kfunc, slot, "EINVAL", "cannot call kernel function from non-GPL compatible program")
	}
	id := [2]int32{call.Imm, int32(call.Off)}
	if id == [2]int32{} || k.seen[id] {
		return nil // number 0 is left to exploration
	}
	if len(k.seen) == k.limits.Kfuncs {
		return reject(Kfunc, slot, "E2BIG", "too many different kernel function calls")
	}
	k.seen[id] = true
	if call.Off == 0 && !k.isFunc(btf.TypeID(call.Imm)) {
		return reject(Kfunc, slot, "EINVAL", "kernel btf_id %d is not a function", uint32(call.Imm))
	}
	return nil
}

// isFunc reports whether the target's types may have a function of that ID.
func (k kfuncs) isFunc(id btf.TypeID) bool {
	types, err := k.prog.Target.Types()
	if err != nil || types == nil {
		return true
	}
	t, err := types.TypeByID(id)
	_, ok := t.(*btf.Func)
	return err == nil && ok
}
