package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/prog"
)

// find reads the object and chooses the program.
func (o *runOptions) find(path string, stdin io.Reader) (*ebpf.CollectionSpec, string, error) {
	var names []string
	for object := range load.Find([]string{path}, load.Options{Stdin: stdin}) {
		if object.Err != nil {
			return nil, "", object.Err
		}
		if object.Spec.ByteOrder == binary.BigEndian {
			return nil, "", fmt.Errorf("%s: the object is big-endian; bpfexec runs little-endian ones, which clang makes with -target bpfel", object.Name)
		}
		for name := range object.Spec.Programs {
			if name == o.program {
				return object.Spec, name, nil
			}
			names = append(names, name)
		}
		if o.program == "" && len(object.Spec.Programs) == 1 {
			return object.Spec, names[len(names)-1], nil
		}
	}
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return nil, "", fmt.Errorf("%s: no program is in it", path)
	case o.program == "":
		return nil, "", fmt.Errorf("%s: choose one with --program: %s", path, strings.Join(names, ", "))
	}
	return nil, "", fmt.Errorf("%s: no program %q; there are: %s", path, o.program, strings.Join(names, ", "))
}

// load makes a machine with the program, and fills its maps.
func (o *runOptions) load(spec *ebpf.CollectionSpec, name string, goal *prog.Target, config exec.Config) (*exec.Machine, *exec.Program, error) {
	machine := exec.New(config)
	if o.all {
		if err := machine.LoadAll(spec, goal); err != nil {
			return nil, nil, err
		}
	}
	program := machine.Program(name)
	if program == nil {
		var err error
		if program, err = machine.LoadSpec(spec, name, goal); err != nil {
			return nil, nil, err
		}
	}
	return machine, program, o.fillMaps(machine)
}

func (o *runOptions) input() (exec.Input, error) {
	in := exec.Input{Repeat: o.repeat}
	var err error
	if in.Data, err = fileOrHex(o.data); err != nil {
		return in, fmt.Errorf("--data-in: %w", err)
	}
	if in.Ctx, err = fileOrHex(o.ctx); err != nil {
		return in, fmt.Errorf("--ctx-in: %w", err)
	}
	return in, nil
}

// advise names the option to a program that did not end, or that was not run for
// lack of a packet or a context.
func (o *runOptions) advise(p *exec.Program, err error) error {
	var stopped *exec.RunError
	switch {
	case errors.Is(err, vm.ErrBudget):
		return fmt.Errorf("%w: it did not end within %d instructions; --budget allows more", err, o.budget)
	case errors.As(err, &stopped), o.data != "", o.ctx != "":
		return err
	}
	switch p.Type() {
	case ebpf.Syscall, ebpf.RawTracepoint, ebpf.SkLookup:
		return fmt.Errorf("%w; give a context with --ctx-in", err)
	}
	return fmt.Errorf("%w; give a packet with --data-in or --pcap", err)
}

// fileOrHex reads a file if there is one of that name.
func fileOrHex(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	if b, err := os.ReadFile(s); err == nil {
		return b, nil
	}
	b, err := exec.ParseHex(s)
	if err != nil {
		if errors.Is(err, hex.ErrLength) {
			return nil, fmt.Errorf("%q has half a byte: want two hex digits for each", s)
		}
		return nil, fmt.Errorf("%q is neither a file nor hex digits", s)
	}
	return b, nil
}
