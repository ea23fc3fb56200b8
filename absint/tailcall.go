package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// TailCall is what exploration found out about one call of bpf_tail_call. With
// one map and one index the kernel turns the call into a jump.
type TailCall struct {
	Insn  int
	Map   int   // index in prog.Program.Maps; -1 when it is not always the same
	Index int64 // -1 when it is not always the same constant in bounds
}

// noteTailCall checks a tail call's map and follows its index. That an index
// is constant is something that what follows depends on.
func (m *machine) noteTailCall(c *helperCall) bool {
	if c.ID != helperTailCall {
		return true
	}
	if c.mapi < 0 || m.maps[c.mapi].kind != ebpf.ProgramArray {
		if m.rules.mergedLeaks {
			m.fail("EINVAL", "expected prog array map for tail call")
		} else {
			m.fail("EINVAL", "kernel subsystem misconfigured verifier")
		}
		return false
	}
	t := TailCall{Insn: int(m.here()), Map: m.programMap(c.mapi), Index: -1}
	if index := m.reg(3); m.rules.capBPF && index.isConst() && index.num.UMax < uint64(m.maps[c.mapi].entries) {
		m.needReg(3)
		t.Index = int64(index.num.UMax)
	}
	m.mergeTailCall(t)
	return true
}

func (m *machine) mergeTailCall(t TailCall) {
	for i := range m.tailCalls {
		old := &m.tailCalls[i]
		if old.Insn != t.Insn {
			continue
		}
		if old.Map != t.Map {
			old.Map, old.Index = -1, -1
		}
		if old.Index != t.Index {
			old.Index = -1
		}
		return
	}
	m.tailCalls = append(m.tailCalls, t)
}

// programMap returns the index that a map has in the program, -1 for one that
// was looked up.
func (m *machine) programMap(mapi int32) int {
	for i, at := range m.mapAt {
		if at == mapi {
			return i
		}
	}
	return -1
}

// leaveByTailCall follows both ways that a tail call can take. When it succeeds
// the other program returns to the caller of the present function, if there is
// one, and it may have changed the packet.
func (m *machine) leaveByTailCall() outcome {
	if m.cur.depth == 0 {
		return next
	}
	if m.rules.callbacks.tails && m.top.role == roleSync {
		return m.fail("EINVAL", "cannot tail call within callback")
	}
	if m.fork(m.here()+1) == nil {
		return failed
	}
	m.voidPackets()
	*m.reg(0) = unknown()
	return m.leaveFunction()
}

func isTailCall(in cfg.Insn) bool { return in.IsHelperCall() && in.Imm == helperTailCall }
