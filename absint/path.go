package absint

// Step is one instruction of a path.
type Step struct {
	Insn  int32
	Depth uint8 // of calls and callbacks
}

// trace is the path that is being explored. The paths behind a fork share their
// beginning, so a queued state keeps only how long that is.
type trace struct {
	steps []Step
	known Registers // before the newest step
}

// walk adds the instruction that is about to be executed.
func (t *trace) walk(at int32, s *state) {
	t.steps = append(t.steps, Step{at, uint8(s.depth)})
	for i := range t.known {
		t.known[i] = s.top().regs[i].show()
	}
}
