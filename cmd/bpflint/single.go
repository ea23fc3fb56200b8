package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/prog"
)

// single says which program of an object a command is about.
type single struct{ name, kernel, btf string }

func (s *single) flags(f *pflag.FlagSet) {
	f.StringVar(&s.name, "program", "", "`name` of the program; needed when the object has several")
	f.StringVar(&s.kernel, "kernel", defaultKernel, "kernel to link for")
	f.StringVar(&s.btf, "btf", "", "`file` with the types of the kernel")
}

// one is that program.
type one struct {
	object  analysis.Object
	target  *prog.Target
	program *prog.Program
}

func loadOne(path string, s single, stdin io.Reader) (*one, error) {
	kernel, err := target.Parse(s.kernel)
	if err != nil {
		return nil, err
	}
	objects, err := loadObjects([]string{path}, load.Options{Stdin: stdin}, func(int) {})
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 {
		return nil, fmt.Errorf("%s holds %d objects; name a file that holds one", path, len(objects))
	}
	if objects[0].Err != nil {
		return nil, objects[0].Err
	}
	name, err := choose(path, s.name, objects[0].Spec)
	if err != nil {
		return nil, err
	}
	o := &one{object: objects[0], target: target.For(kernel, linux.CapAll, s.btf)}
	o.program, err = prog.Link(objects[0].Spec, name, o.target)
	return o, err
}

// choose returns the program that is meant.
func choose(path, name string, spec *ebpf.CollectionSpec) (string, error) {
	names := slices.Sorted(maps.Keys(spec.Programs))
	switch {
	case len(names) == 0:
		return "", fmt.Errorf("%s: no programs", path)
	case slices.Contains(names, name):
		return name, nil
	case name == "" && len(names) == 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%s: choose one with --program: %s", path, strings.Join(names, ", "))
}

// judge runs analyzers on the program, all if none is named.
func (o *one) judge(analyzers ...string) (*analysis.ProgramResult, error) {
	res, err := analysis.Run([]analysis.Object{o.object}, analysis.Config{
		Suite: passes.Suite(), Target: o.target, Programs: []string{o.program.Name},
		Selection: analysis.Selection{Enable: analyzers},
	})
	if err != nil {
		return nil, err
	}
	return res.Objects[0].Programs[0], nil
}
