// Package agree compares the verdicts of bpflint with those that real kernels
// gave and that were recorded.
package agree

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/prog"
)

// Config says what to compare.
type Config struct {
	// Root is the folder that the records name objects in.
	Root string
	// Records are one kernel's verdicts, Target is that kernel.
	Records []record.Record
	Target  *prog.Target
	Suite   []*analysis.Analyzer
	// Progress, when set, is called after each program.
	Progress func(done, total int)
}

// Class is how a verdict compares with the kernel's.
type Class string

// Classes of comparisons, the worst first.
const (
	FalseAccept Class = "false accept"
	FalseReject Class = "false reject"
	Error       Class = "error" // the program could not be loaded or judged
	Unsupported Class = "unsupported"
	Agree       Class = "agree"
)

// Case is one compared program.
type Case struct {
	Class  Class
	Kernel *record.Record
	Ours   *analysis.ProgramResult
	// SameMessage and SameInsn are set for programs that both reject.
	SameMessage, SameInsn bool
}

// Report is the result of a comparison.
type Report struct {
	Kernel string
	Cases  []Case // in the order of the records
}

// Run judges every program that the kernel judged. The question is the one that
// was put to the kernel: type, attach type, flags and licence are the record's.
func Run(c Config) (*Report, error) {
	judged := make(map[record.Key]*record.Record)
	names := make(map[string]bool)
	for i := range c.Records {
		if rec := &c.Records[i]; comparable(rec) {
			judged[rec.Key()] = rec
			names[rec.Object] = true
		}
	}
	var objects []analysis.Object
	object := make(map[*ebpf.CollectionSpec]string)
	targets := make(map[*ebpf.CollectionSpec]*prog.Target)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		path := filepath.Join(c.Root, filepath.FromSlash(name))
		spec, err := readObject(path)
		objects = append(objects, analysis.Object{Path: name, Spec: spec, Err: err})
		if err == nil {
			object[spec], targets[spec] = name, c.Target
			loaded, err := record.LoadedFor(path)
			if err != nil {
				return nil, err
			}
			if loaded != nil {
				own := *c.Target
				own.Loaded = loaded
				targets[spec] = &own
			}
		}
	}
	link := func(spec *ebpf.CollectionSpec, name string, _ *prog.Target) (*prog.Program, error) {
		rec := judged[record.Key{Object: object[spec], Program: name}]
		if rec == nil {
			return nil, fmt.Errorf("no kernel judged %s", name)
		}
		p, err := prog.Link(spec, name, targets[spec])
		if err != nil {
			return nil, err
		}
		p.Type, p.AttachType = ebpf.ProgramType(rec.ProgType), ebpf.AttachType(rec.AttachType)
		p.Flags = rec.ProgFlags
		if rec.License != "" {
			p.License = rec.License
		}
		return p, nil
	}
	res, err := analysis.Run(objects, analysis.Config{Suite: c.Suite, Target: c.Target, Link: link, Progress: c.Progress})
	if err != nil {
		return nil, err
	}
	return compare(c, res), nil
}

func readObject(path string) (*ebpf.CollectionSpec, error) {
	image, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return load.Parse(image)
}

// comparable tells records that say something about the program: not those of
// programs that were not judged, nor those that depend on how a kernel was
// configured.
func comparable(rec *record.Record) bool {
	return rec.Verdict != oracle.Skip &&
		!slices.ContainsFunc(rec.Notes, func(note string) bool { return strings.HasPrefix(note, "environment:") })
}

func compare(c Config, res *analysis.Result) *Report {
	ours := make(map[record.Key]*analysis.ProgramResult)
	for _, o := range res.Objects {
		if o.Err != nil {
			ours[record.Key{Object: o.Path}] = &analysis.ProgramResult{
				Verdict: analysis.VerdictError, Message: o.Err.Error(), Insn: -1,
			}
		}
		for _, p := range o.Programs {
			ours[record.Key{Object: o.Path, Program: p.Name}] = p
		}
	}
	report := &Report{Kernel: c.Target.Release().String()}
	for i := range c.Records {
		rec := &c.Records[i]
		if !comparable(rec) {
			continue
		}
		have := ours[rec.Key()]
		if have == nil {
			have = ours[record.Key{Object: rec.Object}]
		}
		if have == nil {
			have = &analysis.ProgramResult{Verdict: analysis.VerdictError, Message: "the object has no such program", Insn: -1}
		}
		report.Cases = append(report.Cases, classify(rec, have))
	}
	return report
}

func classify(rec *record.Record, ours *analysis.ProgramResult) Case {
	k := Case{Kernel: rec, Ours: ours}
	switch {
	case ours.Verdict == analysis.VerdictError:
		k.Class = Error
	case ours.Verdict == analysis.VerdictUnsupported:
		k.Class = Unsupported
	case string(ours.Verdict) == string(rec.Verdict):
		k.Class = Agree
	case ours.Verdict == analysis.VerdictAccept:
		k.Class = FalseAccept
	default:
		k.Class = FalseReject
	}
	if k.Class == Agree && rec.Verdict == oracle.Reject {
		k.SameMessage = kernelMessage(ours) == Message(rec)
		// The kernel names no instruction before it explores.
		k.SameInsn = ours.Insn == rec.ErrInsn || rec.ErrInsn < 0
	}
	return k
}

// kernelMessage returns what we say that the kernel says. Where it says nothing
// the verdict has a message of our own.
func kernelMessage(ours *analysis.ProgramResult) string {
	for i := range ours.Findings {
		if f := &ours.Findings[i]; f.Severity == analysis.Reject && f.Message == ours.Message {
			return f.Kernel
		}
	}
	return ours.Message
}

// Message returns the kernel's reason. Recorders that know 7.x less well took a
// line of its statistics for one.
func Message(rec *record.Record) string {
	for _, msg := range slices.Backward(append(slices.Clone(rec.Messages), "")) {
		if msg != "" && !strings.HasPrefix(msg, "insns processed ") {
			return msg
		}
	}
	return rec.Msg
}
