package prog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/internal/linux"
)

// ArrayProgram is a program of the object that is in a program array, or calls
// through one: what kernels compare when several come to one array.
type ArrayProgram struct {
	Name     string
	Optional bool // loaders leave it out unless they are told otherwise
	linux.ArrayProgram
}

// arrayPrograms lists the programs with which an object fills a program array,
// by index, and those that refer to it, by name.
func (l *linker) arrayPrograms(name string, spec *ebpf.MapSpec) (members []Member, callers []ArrayProgram) {
	if spec.Type != ebpf.ProgramArray {
		return nil, nil
	}
	for _, kv := range spec.Contents {
		index, isIndex := kv.Key.(uint32)
		member, isName := kv.Value.(string)
		ps := l.spec.Programs[member]
		if ps == nil || !isIndex || !isName || !l.loads(ps) {
			continue
		}
		members = append(members, Member{index, l.arrayProgram(member, ps)})
	}
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Index, b.Index) })
	for _, caller := range slices.Sorted(maps.Keys(l.spec.Programs)) {
		if ps := l.spec.Programs[caller]; l.loads(ps) && refersTo(ps, name) {
			callers = append(callers, l.arrayProgram(caller, ps))
		}
	}
	return members, callers
}

// loads reports whether the target has programs of this kind, so that somebody
// could load one. What kind it is must be known.
func (l *linker) loads(ps *ebpf.ProgramSpec) bool {
	if linux.IsGtraceSection(ps.SectionName) {
		return l.target.Extensions&linux.ExtGtrace != 0
	}
	return ps.Type != ebpf.UnspecifiedProgram
}

// IsOptional reports whether loaders leave programs of a section out unless they
// are told otherwise.
func IsOptional(section string) bool { return strings.HasPrefix(section, "?") }

func refersTo(ps *ebpf.ProgramSpec, name string) bool {
	return slices.ContainsFunc(ps.Instructions, func(in asm.Instruction) bool { return in.IsLoadFromMap() && in.Reference() == name })
}

func (l *linker) arrayProgram(name string, ps *ebpf.ProgramSpec) ArrayProgram {
	typ := uint32(ps.Type)
	if linux.IsGtraceSection(ps.SectionName) {
		typ = linux.ProgGtrace
	}
	p := ArrayProgram{Name: name, Optional: IsOptional(ps.SectionName)}
	p.ArrayProgram = describeForArray(l.target, typ, uint32(ps.AttachType), ps.AttachTo, ps.Flags)
	for _, in := range ps.Instructions {
		switch {
		case in.IsBuiltinCall():
			noteCall(&p.ArrayProgram, int32(in.Constant))
		case in.IsLoadFromMap() && l.spec.Maps[in.Reference()] != nil:
			noteStorage(&p.ArrayProgram, in.Reference(), l.spec.Maps[in.Reference()].Type)
		}
	}
	return p
}

// ForArray says what kernels compare of the program when it comes to a program
// array.
func (p *Program) ForArray() linux.ArrayProgram {
	a := describeForArray(p.Target, uint32(p.Type), uint32(p.AttachType), p.AttachTo, p.Flags)
	for _, m := range p.Maps {
		noteStorage(&a, m.Name, m.Spec.Type)
	}
	for _, in := range p.Insns {
		if in.IsHelperCall() {
			noteCall(&a, in.Imm)
		}
	}
	return a
}

func noteCall(p *linux.ArrayProgram, helper int32) {
	p.Calls = p.Calls || helper == int32(asm.FnTailCall)
	p.Overrides = p.Overrides || helper == linux.HelperOverrideReturn
}

// noteStorage notes that a program uses a map, if that is a cgroup storage.
func noteStorage(p *linux.ArrayProgram, name string, typ ebpf.MapType) {
	switch typ {
	case ebpf.CGroupStorage:
		p.Storage[0] = name
	case ebpf.PerCPUCGroupStorage:
		p.Storage[1] = name
	}
}

// describeForArray says what kernels compare of a program, its maps and calls
// aside.
func describeForArray(t *Target, typ, attach uint32, to string, flags uint32) linux.ArrayProgram {
	a := linux.ArrayProgram{Type: typ, Attach: attach, Flags: flags}
	if proto := ProtoOf(t, typ, attach, to); proto != 0 {
		a.Proto = fmt.Sprint(proto)
	} else if typ == uint32(ebpf.StructOps) || typ == uint32(ebpf.Extension) {
		a.Proto = to
	}
	return a
}
