// Package leastcaps finds the least capabilities with which programs load, and
// says what needs them.
package leastcaps

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sync/errgroup"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
)

// Result is what one kernel asks for.
type Result struct {
	Kernel  string
	Objects []*Object
}

// Object is one object. Caps is what it takes to load all of it.
type Object struct {
	Path     string
	Err      error // it could not be read
	Caps     linux.Caps
	Programs []*Program
	Maps     []Map // those that need a capability
}

// Program is one program. When no capabilities make it load, Caps is empty and
// Verdict and Message say what stands in the way.
type Program struct {
	Name    string
	Section string
	Type    ebpf.ProgramType

	Loads   bool
	Verdict analysis.Verdict // with all capabilities
	Message string
	Caps    linux.Caps
	Needs   []Need
}

// Need is why a program takes a capability: what the kernel says without it,
// when the process has all others that the program takes.
type Need struct {
	Cap    linux.Caps
	Why    string
	Kernel string // the kernel's message; it may have none
	Errno  string
	Insn   int // -1 when the program as a whole needs it
	Asm    string
	Pos    analysis.Position
}

// Map is why a map takes capabilities.
type Map struct {
	Name string
	Caps linux.Caps
	Why  string
}

// Find judges all chosen programs with several sets of capabilities.
func Find(objects []analysis.Object, cfg analysis.Config) (*Result, error) {
	if err := checkPrograms(objects, cfg); err != nil {
		return nil, err
	}
	res := &Result{Kernel: cfg.Target.Kernel.String()}
	var group errgroup.Group
	group.SetLimit(max(cfg.Jobs, 1))
	for i := range objects {
		in := &objects[i]
		out := &Object{Path: in.Path, Err: in.Err}
		res.Objects = append(res.Objects, out)
		if in.Err != nil {
			continue
		}
		out.Maps = mapNeeds(in.Spec)
		for _, name := range slices.Sorted(maps.Keys(in.Spec.Programs)) {
			if !analysis.Chosen(cfg.Programs, name) {
				continue
			}
			p := &Program{Name: name, Section: in.Spec.Programs[name].SectionName}
			out.Programs = append(out.Programs, p)
			group.Go(func() error {
				s := search{object: in, cfg: cfg, program: p}
				return s.run()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, o := range res.Objects {
		o.sum()
	}
	return res, nil
}

// checkPrograms catches a misspelled name.
func checkPrograms(objects []analysis.Object, cfg analysis.Config) error {
	for _, pattern := range cfg.Programs {
		found := slices.ContainsFunc(objects, func(o analysis.Object) bool {
			if o.Spec == nil {
				return false
			}
			for name := range o.Spec.Programs {
				if analysis.Chosen([]string{pattern}, name) {
					return true
				}
			}
			return false
		})
		if !found {
			return fmt.Errorf("no object has a program %q", pattern)
		}
	}
	return nil
}

// sum adds up what programs and maps take. A loader makes all maps of an
// object.
func (o *Object) sum() {
	for _, p := range o.Programs {
		o.Caps |= p.Caps
	}
	for _, m := range o.Maps {
		o.Caps |= m.Caps
	}
	if o.Caps.Has(linux.CapSysAdmin) {
		o.Caps = linux.CapSysAdmin
	}
}

// mapNeeds lists the maps that cannot be made without a capability.
func mapNeeds(spec *ebpf.CollectionSpec) []Map {
	var needs []Map
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		m := spec.Maps[name]
		if caps := linux.CapsForMap(uint32(m.Type), m.Flags); caps != linux.CapNone {
			needs = append(needs, Map{name, caps, fmt.Sprintf("maps of type %s take it", m.Type)})
		}
	}
	return needs
}

// search is the search for one program.
type search struct {
	object  *analysis.Object
	cfg     analysis.Config
	program *Program
}

// order is that in which capabilities are tried to go without.
var order = []linux.Caps{linux.CapNetAdmin, linux.CapPerfmon, linux.CapBPF}

// run takes one capability away after the other. What a program may do only
// grows with them, so no order finds fewer.
func (s *search) run() error {
	all, err := s.judge(linux.CapAll)
	if err != nil {
		return err
	}
	p := s.program
	p.Type, p.Verdict, p.Message = all.Type, all.Verdict, all.Message
	if p.Loads = all.Verdict == analysis.VerdictAccept; !p.Loads {
		return nil
	}
	p.Caps = linux.CapBPF | linux.CapPerfmon | linux.CapNetAdmin
	switch got, err := s.judge(p.Caps); {
	case err != nil:
		return err
	case got.Verdict != analysis.VerdictAccept:
		p.Caps = linux.CapSysAdmin
		p.Needs = append(p.Needs, s.need(linux.CapSysAdmin, got))
		return nil
	}
	for _, c := range order {
		got, err := s.judge(p.Caps &^ c)
		if err != nil {
			return err
		}
		if got.Verdict == analysis.VerdictAccept {
			p.Caps &^= c
			continue
		}
		p.Needs = append(p.Needs, s.need(c, got))
	}
	slices.SortFunc(p.Needs, func(a, b Need) int { return int(a.Cap) - int(b.Cap) })
	return nil
}

// judge judges the program alone.
func (s *search) judge(caps linux.Caps) (*analysis.ProgramResult, error) {
	target := *s.cfg.Target
	target.Caps = caps
	cfg := s.cfg
	cfg.Target, cfg.Programs, cfg.Jobs, cfg.Progress = &target, nil, 1, nil
	spec := *s.object.Spec
	spec.Programs = map[string]*ebpf.ProgramSpec{s.program.Name: s.object.Spec.Programs[s.program.Name]}
	res, err := analysis.Run([]analysis.Object{{Path: s.object.Path, Spec: &spec}}, cfg)
	if err != nil {
		return nil, err
	}
	return res.Objects[0].Programs[0], nil
}

// need words a verdict. That a type takes a capability goes before what its
// instructions do.
func (s *search) need(c linux.Caps, got *analysis.ProgramResult) Need {
	n := Need{Cap: c, Why: got.Message, Errno: got.Errno, Insn: -1}
	kernel := s.cfg.Target.Kernel
	if linux.CapsForType(kernel, uint32(s.program.Type))&c != 0 {
		n.Why = fmt.Sprintf("programs of type %s take it", report.TypeName(s.program.Type))
		return n
	}
	n.Insn, n.Pos = got.Insn, got.Pos
	for i := range got.Findings {
		if f := &got.Findings[i]; f.Severity == analysis.Reject {
			n.Why, n.Kernel, n.Asm = f.Message, f.Kernel, f.Asm
			break
		}
	}
	return n
}
