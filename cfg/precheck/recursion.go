package precheck

import (
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// checkRecursion looks for functions that call themselves, as kernels do that
// sort functions before exploration. Older ones find out on the way. Functions
// whose address is taken may do it.
func (c *checker) checkRecursion() *Reject {
	if !c.has(linux.RecursionBySort) || !c.callsLocally() {
		return nil
	}
	if g, err := cfg.Build(c.insns, cfg.Options{}); err == nil {
		c.insns = Explored(c.prog, g)
	}
	s := callSort{checker: c, refs: make([][]int32, len(c.starts)), state: make([]slotState, len(c.starts))}
	s.collect()
	for fn := range c.starts {
		if s.state[fn] == unseen {
			if r := s.walk(fn); r != nil {
				return r
			}
		}
	}
	return nil
}

func (c *checker) callsLocally() bool {
	for _, insn := range c.insns {
		if insn.IsLocalCall() {
			return true
		}
	}
	return false
}

// callSort visits functions depth first.
type callSort struct {
	*checker
	refs  [][]int32 // slots that refer to functions, by function, in the kernel's order
	state []slotState
}

func (s *callSort) walk(root int) *Reject {
	type step struct{ fn, next int }
	stack := []step{{fn: root}}
	s.state[root] = open
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(s.refs[top.fn]) {
			s.state[top.fn] = explored
			stack = stack[:len(stack)-1]
			continue
		}
		slot := s.refs[top.fn][top.next]
		top.next++
		insn := s.insns[slot]
		callee := s.funcAt(slot + 1 + insn.Imm)
		switch s.state[callee] {
		case unseen:
			s.state[callee] = open
			stack = append(stack, step{fn: callee})
		case open:
			if insn.IsLocalCall() {
				return reject(Recursion, int(slot), "EINVAL", "recursive call from %s() to %s()",
					s.funcName(top.fn), s.funcName(callee)).toward(int(s.starts[callee]))
			}
		}
	}
	return nil
}

// funcName returns a function's name as the kernel knows it.
func (c *checker) funcName(fn int) string {
	if !c.prog.ExtInfo || fn >= len(c.prog.Funcs) || c.prog.Funcs[fn].Type == nil {
		return ""
	}
	return c.prog.Funcs[fn].Type.Name
}

// collect lists the references of each function in the order in which the
// kernel's search leaves instructions: it marks all successors at once, and
// goes on with the last.
func (s *callSort) collect() {
	seen := make([]bool, len(s.insns))
	left := make([]bool, len(s.insns))
	var stack, succs []int32
	for fn, start := range s.starts {
		exit := s.lastExit(fn)
		seen[start] = true
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			slot := stack[len(stack)-1]
			if left[slot] {
				stack = stack[:len(stack)-1]
				if insn := s.insns[slot]; insn.IsLocalCall() || insn.IsFuncRef() {
					s.refs[fn] = append(s.refs[fn], slot)
				}
				continue
			}
			left[slot] = true
			succs = s.appendSuccs(succs[:0], slot, exit)
			for _, to := range succs {
				if !seen[to] {
					seen[to] = true
					stack = append(stack, to)
				}
			}
		}
	}
}

// appendSuccs takes instructions that may end the function unexpectedly to lead
// to its last exit, too.
func (s *callSort) appendSuccs(dst []int32, slot, exit int32) []int32 {
	insn := s.insns[slot]
	next := slot + int32(insn.Size())
	taken, jumps := s.jumpTarget(insn, slot)
	switch {
	case insn.Op == cfg.OpEXIT:
		return dst
	case isTailCall(insn), isPacketLoad(insn):
		return append(dst, next, exit)
	case !jumps:
		return append(dst, next)
	case insn.Operation() == cfg.JmpJA:
		return append(dst, taken)
	}
	return append(dst, next, taken)
}

func (c *checker) lastExit(fn int) int32 {
	for i := c.end(fn) - 1; i >= c.starts[fn]; i-- {
		if c.insns[i].Op == cfg.OpEXIT {
			return i
		}
	}
	return 0
}
