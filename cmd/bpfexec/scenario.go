package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/scenario"
	"github.com/bpflint/bpflint/internal/load"
)

// play loads all programs of an object and plays a scenario with them.
func (o *runOptions) play(c *console, path string) error {
	text, err := os.ReadFile(o.scenario)
	if err != nil {
		return fmt.Errorf("--scenario: %w", err)
	}
	file, err := scenario.Parse(o.scenario, text)
	if err != nil {
		return err
	}
	spec, err := o.object(path, c.stdin)
	if err != nil {
		return err
	}
	o.arch = file.Arch
	goal, err := o.target()
	if err != nil {
		return err
	}
	o.all = true
	doubts, err := o.verify(spec, "")
	if err != nil {
		return err
	}
	world := scenario.New(file)
	machine := exec.New(world.Config(exec.Config{
		CPUs: o.cpus, Seed: o.seed, Budget: o.budget, Observer: o.watch.observer(c), MixedArrays: o.noVerify,
	}))
	if err := machine.LoadAll(spec, goal); err != nil {
		return err
	}
	c.warn(doubts)
	if err := o.fillMaps(machine); err != nil {
		return err
	}
	o.watch.start()
	report, failure := world.Run(machine)
	if err := o.watch.finish(c); err != nil {
		return err
	}
	if report != nil {
		if err := o.printReport(c.stdout, report, machine); err != nil {
			return err
		}
	}
	return failure
}

// object reads the only object at a path.
func (o *runOptions) object(path string, stdin io.Reader) (*ebpf.CollectionSpec, error) {
	var spec *ebpf.CollectionSpec
	for object := range load.Find([]string{path}, load.Options{Stdin: stdin}) {
		switch {
		case object.Err != nil:
			return nil, object.Err
		case spec != nil:
			return nil, fmt.Errorf("%s: a scenario is played with one object, and there are several", path)
		}
		spec = object.Spec
	}
	if spec == nil {
		return nil, fmt.Errorf("%s: no object is there", path)
	}
	return spec, nil
}

func (o *runOptions) printReport(w io.Writer, report *scenario.Report, m *exec.Machine) error {
	r := &result{}
	if o.dump {
		r.addMaps(m)
	}
	if o.format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			*scenario.Report
			Maps map[string][]entry `json:"maps,omitempty"`
		}{report, r.Maps})
	}
	if err := report.Print(w); err != nil {
		return err
	}
	return r.printMaps(w)
}
