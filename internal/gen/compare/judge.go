package main

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/vlog"
	"github.com/bpflint/bpflint/prog"
)

// judge is both verifiers.
type judge struct {
	kernel *oracle.Kernel
	raw    *oracle.Raw
	target *prog.Target
	maps   []*ebpf.MapSpec

	world  *gen.World // of programs with types
	types  *oracle.RawTypes
	places map[string]place
}

// place is what a program is attached to.
type place struct {
	id     uint32
	attach ebpf.AttachType
}

// enterWorld makes what typed programs have in common.
func (j *judge) enterWorld() (err error) {
	if !*typed {
		return nil
	}
	if j.world, err = gen.NewWorld(j.target); err != nil {
		return err
	}
	j.maps, j.places = j.world.Maps(), map[string]place{}
	j.types, err = j.kernel.LoadTypes(j.world.Blob)
	return err
}

func (j *judge) program(seed uint64) gen.Program {
	if j.world != nil {
		return gen.MakeTyped(seed, j.world)
	}
	return gen.MakeFor(seed, j.target.Caps)
}

// ask compares the verdicts.
func (j *judge) ask(p gen.Program) said {
	machine, feature := j.machine(p)
	if feature != "" {
		return said{class: "unsupported: " + feature}
	}
	kernel, silent := j.load(j.raw, p)
	if silent && machine == "" {
		// Some maps belong to the type of the program that used them first.
		if fresh, err := j.kernel.NewRaw(j.maps, 0); err == nil {
			kernel, _ = j.load(fresh, p)
			fresh.Close()
		}
	}
	s := said{"agree", kernel, machine}
	bug := strings.HasPrefix(kernel, "verifier bug") // the numbers in such messages are of no use to anybody
	switch {
	case kernel == "" && machine != "":
		s.class = "false reject"
	case bug && shorten(kernel) != shorten(machine):
		s.class = "unsupported: " + shorten(kernel)
	case kernel != "" && machine == "":
		s.class = "false accept"
	case kernel == "":
		s.class = "agree: accept"
	case *messages && kernel != machine && !bug:
		s.class = "message"
	default:
		s.class = "agree: reject: " + shorten(kernel)
	}
	return s
}

// load returns the kernel's message, "" when it accepts; silent says that there
// was only an error number.
func (j *judge) load(raw *oracle.Raw, p gen.Program) (message string, silent bool) {
	r, err := j.question(p)
	if err != nil {
		return err.Error(), false
	}
	a := raw.Load(r, oracle.LogStats)
	if a.Errno == 0 {
		return "", false
	}
	log := vlog.Summarize(string(a.Log))
	if last := log.Last(); last != "" && !strings.HasSuffix(last, "is safe for any args that match its prototype") {
		return last, false
	}
	return a.Errno.String(), true
}

// question puts a program as the kernel wants it.
func (j *judge) question(p gen.Program) (*oracle.RawProgram, error) {
	r := &oracle.RawProgram{Type: p.Type, AttachType: p.AttachType, Flags: p.Flags, Insns: p.Insns}
	if j.target.Caps != linux.CapAll {
		r.Caps = &j.target.Caps
	}
	if j.world == nil {
		return r, nil
	}
	r.Types, r.FuncInfo = j.types, j.world.FuncInfo(p)
	if p.AttachTo == "" {
		return r, nil
	}
	key := fmt.Sprint(p.Type, p.AttachType, p.AttachTo)
	at, ok := j.places[key]
	if !ok {
		linked, err := j.link(p)
		if err != nil {
			return nil, err
		}
		if at.id, at.attach, err = j.kernel.Attach(linked); err != nil {
			return nil, err
		}
		j.places[key] = at
	}
	r.AttachID, r.AttachType = at.id, at.attach
	return r, nil
}

func (j *judge) link(p gen.Program) (*prog.Program, error) {
	if j.world != nil {
		return j.world.Link(j.target, p)
	}
	return prog.FromSlots(j.target, p.Type, p.Insns, j.maps...), nil
}

// machine returns the machine's message, "" when it accepts, or the feature
// that it lacks.
func (j *judge) machine(p gen.Program) (message, feature string) {
	linked, err := j.link(p)
	if err != nil {
		return err.Error(), ""
	}
	if r := precheck.Check(linked); r != nil {
		return r.Error(), ""
	}
	r, err := explore(linked, absint.Options{})
	switch {
	case err != nil:
		return err.Error(), ""
	case r.Verdict == absint.Unsupported:
		return "", r.Feature
	case r.Verdict == absint.Reject && r.Message == "":
		return r.Errno, ""
	case r.Verdict == absint.Reject:
		return r.Message, ""
	}
	return "", ""
}

// explore explores a program, of which the graph may not exist.
func explore(p *prog.Program, o absint.Options) (*absint.Result, error) {
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		return nil, err
	}
	return absint.Verify(p, g, o)
}
