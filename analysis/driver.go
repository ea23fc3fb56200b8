package analysis

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sync/errgroup"

	"github.com/bpflint/bpflint/prog"
)

// Object is one input of a run.
type Object struct {
	Path string // for reports
	Spec *ebpf.CollectionSpec
	Err  error // why there is no Spec
}

// Config is how to run.
type Config struct {
	// Suite is what can run, in the order in which it does; see [Validate].
	Suite     []*Analyzer
	Selection Selection
	Target    *prog.Target
	// Link makes the program that is judged; nil means [prog.Link].
	Link func(spec *ebpf.CollectionSpec, name string, target *prog.Target) (*prog.Program, error)
	// Flags are added to those of every program (BPF_F_STRICT_ALIGNMENT,
	// BPF_F_TEST_STATE_FREQ).
	Flags uint32
	// Programs are names or patterns; empty means all.
	Programs []string
	Suppress []Suppression
	// Jobs is how many programs are judged at a time; 0 means GOMAXPROCS.
	Jobs int
	// Progress, when set, is called after each program. Calls do not overlap.
	Progress func(done, total int)
}

// LoadFlags returns the flags of BPF_PROG_LOAD that make the verifier stricter
// (include/uapi/linux/bpf.h).
func LoadFlags(strictAlignment, stateFreq bool) uint32 {
	const (
		flagStrictAlignment = 1 << 0
		flagTestStateFreq   = 1 << 3
	)
	var flags uint32
	if strictAlignment {
		flags |= flagStrictAlignment
	}
	if stateFreq {
		flags |= flagTestStateFreq
	}
	return flags
}

// Run judges every chosen program of the objects for one target. Programs are
// independent of each other and run in parallel; the result is in the order of
// objects and of program names, whatever ran first.
//
// An error means that the configuration makes no sense. What is wrong with an
// object or a program is part of the result.
func Run(objects []Object, cfg Config) (*Result, error) {
	plan, err := newPlan(cfg.Suite, cfg.Selection)
	if err != nil {
		return nil, err
	}
	if cfg.Link == nil {
		cfg.Link = prog.Link
	}
	d := &driver{cfg: cfg, plan: plan}
	res := &Result{Kernel: cfg.Target.Release().String()}
	for i := range objects {
		o := &ObjectResult{Path: objects[i].Path, Err: objects[i].Err}
		res.Objects = append(res.Objects, o)
		if o.Err == nil {
			d.queue(objects[i].Spec, o)
		}
	}
	if err := d.checkPrograms(); err != nil {
		return nil, err
	}
	d.runJobs()
	res.Timings = d.timings()
	return res, nil
}

type driver struct {
	cfg  Config
	plan *plan
	jobs []job

	mu   sync.Mutex // guards done and calls of cfg.Progress
	done int
}

// job is one program to be judged. Only the goroutine that has taken it
// touches it.
type job struct {
	object *ObjectResult
	spec   *ebpf.CollectionSpec
	name   string
	result *ProgramResult
	laps   []lap
}

// queue makes the jobs of an object and their places in its result.
func (d *driver) queue(spec *ebpf.CollectionSpec, o *ObjectResult) {
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		if !d.chosen(name) {
			continue
		}
		ps := spec.Programs[name]
		p := &ProgramResult{
			Name: name, Section: ps.SectionName, Type: ps.Type,
			AttachType: ps.AttachType, AttachTo: ps.AttachTo, Insn: -1,
		}
		o.Programs = append(o.Programs, p)
		d.jobs = append(d.jobs, job{object: o, spec: spec, name: name, result: p})
	}
}

func (d *driver) chosen(name string) bool { return Chosen(d.cfg.Programs, name) }

// Chosen reports whether a program is meant by names or patterns; none of them
// mean all programs.
func Chosen(patterns []string, name string) bool {
	return len(patterns) == 0 ||
		slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, name) })
}

// checkPrograms catches a misspelled name.
func (d *driver) checkPrograms() error {
	for _, pattern := range d.cfg.Programs {
		if !slices.ContainsFunc(d.jobs, func(j job) bool { return match(pattern, j.name) }) {
			return fmt.Errorf("no object has a program %q", pattern)
		}
	}
	return nil
}

func (d *driver) runJobs() {
	limit := d.cfg.Jobs
	if limit <= 0 {
		limit = runtime.GOMAXPROCS(0)
	}
	var group errgroup.Group
	group.SetLimit(limit)
	for i := range d.jobs {
		group.Go(func() error {
			d.judge(&d.jobs[i])
			d.progress()
			return nil
		})
	}
	_ = group.Wait() // no job returns an error
}

func (d *driver) progress() {
	if d.cfg.Progress == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done++
	d.cfg.Progress(d.done, len(d.jobs))
}

// judge links a program and runs the plan on it.
func (d *driver) judge(j *job) {
	start := time.Now()
	program, err := d.cfg.Link(j.spec, j.name, d.cfg.Target)
	j.laps = append(j.laps, lap{"link", time.Since(start)})
	if err != nil {
		j.result.Verdict, j.result.Message = VerdictError, strings.TrimPrefix(err.Error(), "program "+j.name+": ")
		return
	}
	program.Flags |= d.cfg.Flags
	j.result.Type, j.result.AttachType, j.result.AttachTo = program.Type, program.AttachType, program.AttachTo

	r := d.plan.runProgram(program)
	r.conclude(j.result)
	suppress(j.object.Path, j.result, r.findings, d.plan.hidden, d.cfg.Suppress)
	j.laps = append(j.laps, r.spent...)
}

// timings sums the laps up, in the order of the steps.
func (d *driver) timings() Timings {
	all := Timings{{Step: "link"}}
	index := map[string]int{"link": 0}
	for _, a := range d.plan.run {
		index[a.Name] = len(all)
		all = append(all, Timing{Step: a.Name})
	}
	for i := range d.jobs {
		j := &d.jobs[i]
		for _, l := range j.laps {
			all[index[l.step]].add(l.took, j.object.Path+": "+j.name)
		}
	}
	return all
}

func (t *Timing) add(took time.Duration, of string) {
	t.Runs++
	t.Total += took
	if took > t.Max {
		t.Max, t.MaxOf = took, of
	}
}
