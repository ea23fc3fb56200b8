package record

import (
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// Options say how an object is recorded.
type Options struct {
	// Repeat loads each accepted program that many times and records the least
	// verification time; 0 records no time, as emulated kernels have none that
	// means anything.
	Repeat int
	// Flags returns load flags that are added to a program's; nil adds none.
	Flags func(tags []string) uint32
	// Caps, when not nil, are the capabilities of the thread that loads.
	Caps *linux.Caps
	// Loaded has the programs that extensions replace functions of.
	Loaded *ebpf.CollectionSpec
}

// Object asks the kernel for a verdict on every program of an object, in the
// order of their names.
func Object(k *oracle.Kernel, name string, spec *ebpf.CollectionSpec, o Options) ([]Record, error) {
	if len(spec.Programs) == 0 {
		return []Record{skipped(name, oracle.SkipNoProgram, "")}, nil
	}
	s := k.NewSession()
	defer s.Close()
	target := *k.Target()
	target.Loaded = o.Loaded
	var names, records = programs(spec), []Record(nil)
	for _, program := range names {
		rec := describe(name, spec, program)
		if err := ask(k, s, spec, &target, o, &rec); err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, nil
}

// Unreadable records that an object could not be parsed.
func Unreadable(name string, err error) Record {
	return skipped(name, oracle.SkipObject, err.Error())
}

func skipped(name, reason, detail string) Record {
	return Record{Object: name, Verdict: oracle.Skip, SkipReason: reason, SkipDetail: detail, ErrInsn: -1}
}

func programs(spec *ebpf.CollectionSpec) []string {
	var names []string
	for name := range spec.Programs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// describe fills in what is known without a kernel.
func describe(object string, spec *ebpf.CollectionSpec, program string) Record {
	ps := spec.Programs[program]
	rec := Record{
		Object: object, Program: program, Section: ps.SectionName,
		Type: report.TypeName(ps.Type), ProgType: uint32(ps.Type), AttachType: uint32(ps.AttachType),
		AttachTo: ps.AttachTo, ProgFlags: ps.Flags, License: ps.License,
		ErrInsn: -1, Insns: int(ps.Instructions.Size() / 8),
	}
	var fn *btf.Func
	if spec.Types != nil && spec.Types.TypeByName(program, &fn) == nil {
		rec.Tags = fn.Tags
	}
	return rec
}

func ask(k *oracle.Kernel, s *oracle.Session, spec *ebpf.CollectionSpec, target *prog.Target, o Options, rec *Record) error {
	p, err := prog.Link(spec, rec.Program, target)
	if err != nil {
		rec.Verdict, rec.SkipReason, rec.SkipDetail = oracle.Skip, linkReason(err), err.Error()
		return nil
	}
	if o.Flags != nil {
		p.Flags |= o.Flags(rec.Tags)
	}
	rec.linked(p)
	options := oracle.Options{Repeat: o.Repeat, Caps: o.Caps}
	if p.Replaces != nil {
		loaded, err := k.Load(p.Replaces.Program, oracle.Options{Keep: true})
		if err != nil {
			return err
		}
		defer loaded.Prog.Close()
		options.Replace = loaded.Prog
	}
	answer, err := s.Load(p, options)
	if err != nil {
		return err
	}
	rec.answered(answer)
	if o.Repeat == 0 {
		rec.Usec = 0
	}
	return nil
}

// linkReasons are words of prog.Link's errors and the reason that they give.
var linkReasons = []struct{ words, reason string }{
	{"extern function unresolved", oracle.SkipExtern},
	{"kfunc ", oracle.SkipKfunc},
	{" has no ", oracle.SkipKfunc},
	{".kconfig", oracle.SkipKconfig},
}

func linkReason(err error) string {
	for _, row := range linkReasons {
		if strings.Contains(err.Error(), row.words) {
			return row.reason
		}
	}
	return oracle.SkipLink
}

// linked fills in what the linker decided.
func (r *Record) linked(p *prog.Program) {
	r.Type, r.ProgType, r.AttachType = report.TypeName(p.Type), uint32(p.Type), uint32(p.AttachType)
	r.ProgFlags, r.License, r.Insns = p.Flags, p.License, len(p.Insns)
	for _, note := range p.Notes {
		r.Notes = append(r.Notes, note.Text)
	}
}

func (r *Record) answered(a *oracle.Result) {
	r.Verdict, r.SkipReason, r.SkipDetail = a.Verdict, a.SkipReason, a.SkipDetail
	r.Errno, r.Msg, r.Messages, r.ErrInsn = a.Errno, a.Message, a.Messages, a.Insn
	r.Processed, r.Usec = a.Stats.Processed, a.Stats.Usec
	r.TotalStates, r.PeakStates = a.Stats.TotalStates, a.Stats.PeakStates
	r.MaxStatesPerInsn, r.StackDepth = a.Stats.MaxStatesPerInsn, a.Stats.StackDepth
	if len(a.MapFixes) > 0 {
		r.MapFixes = a.MapFixes
	}
}
