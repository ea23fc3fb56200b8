package gen

import "github.com/bpflint/bpflint/cfg"

// Shrink returns a program from which no instruction can be taken without
// losing the property that holds reports.
func Shrink(p Program, holds func(Program) bool) Program {
	for again := true; again; {
		again = false
		for at := 0; at < len(p.Insns); at++ {
			if q, ok := without(p, at); ok && holds(q) {
				p, again = q, true
				at--
			}
		}
	}
	return p
}

// without removes the instruction at a slot and mends the jumps over it.
func without(p Program, at int) (Program, bool) {
	n := p.Insns[at].Size()
	if p.Insns[at].Op == 0 || len(p.Insns) <= n {
		return p, false
	}
	out := make([]cfg.Insn, 0, len(p.Insns)-n)
	moved := func(slot int) int {
		if slot > at {
			return slot - n
		}
		return slot
	}
	for i, in := range p.Insns {
		if i >= at && i < at+n {
			continue
		}
		switch {
		case in.IsLocalCall(), in.IsFuncRef():
			in.Imm = int32(moved(i+1+int(in.Imm)) - moved(i) - 1)
		case in.IsJump() && in.Operation() != cfg.JmpCALL && in.Operation() != cfg.JmpEXIT:
			in.Off = int16(moved(i+1+int(in.Off)) - moved(i) - 1)
		}
		out = append(out, in)
	}
	q := p
	q.Insns, q.Funcs = out, nil
	for i, f := range p.Funcs {
		f.Start = moved(f.Start)
		if f.Start >= len(out) || i > 0 && f.Start == q.Funcs[i-1].Start {
			return p, false
		}
		q.Funcs = append(q.Funcs, f)
	}
	return q, true
}
