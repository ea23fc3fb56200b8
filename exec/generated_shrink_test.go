package exec_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/internal/linux"
)

// nothing is an instruction that does nothing.
var nothing = cfg.Insn{Op: cfg.ClassJMP | cfg.JmpJA}

// shrink leaves out what a difference does not need, and returns what remains
// with the results of both sides.
func (k *kernelPrograms) shrink(g *generated) string {
	small := *g
	// Without CAP_PERFMON a kernel refuses what shows addresses and old bytes.
	caps := linux.CapBPF | linux.CapNetAdmin
	if k.caps = &caps; !k.accepts(g) {
		k.caps = nil
	}
	defer func() { k.caps = nil }()
	differs := func() bool {
		want, got := k.beside(&small)
		return want != refused && want != tooLong && want != got
	}
	all := []*generate.Made{g.main}
	if small.tails = nil; !differs() {
		small.tails = slices.Clone(g.tails)
		all = append(all, small.tails...)
	}
	for again := true; again; {
		again = false
		for _, made := range all {
			for n := min(32, len(made.Insns)); n > 0; n /= 2 {
				again = shrinkBy(made, n, differs) || again
			}
		}
	}
	var b strings.Builder
	for _, made := range all {
		for i, insn := range made.Insns {
			if insn != nothing && insn.Op != 0 {
				fmt.Fprintf(&b, "%4d: %s\n", i, cfg.Disasm(made.Insns, i))
			}
		}
	}
	want, got := k.beside(&small)
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if wants[i] != gots[i] {
			fmt.Fprintf(&b, "kernel %s\nhere   %s\n", wants[i], gots[i])
		}
	}
	return fmt.Sprintf("%sinput %x %x", b.String(), g.data, g.ctx)
}

func (k *kernelPrograms) accepts(g *generated) bool {
	list := k.load(g)
	closeAll(list)
	return list != nil
}

// shrinkBy blanks n instructions at a time where a difference stays.
func shrinkBy(made *generate.Made, n int, differs func() bool) (shrunk bool) {
	for at := 0; at+n <= len(made.Insns); at++ {
		saved := slices.Clone(made.Insns[at : at+n])
		for i := range n {
			made.Insns[at+i] = nothing
		}
		if !slices.Equal(saved, made.Insns[at:at+n]) && differs() {
			shrunk = true
			continue
		}
		copy(made.Insns[at:], saved)
	}
	return shrunk
}
