package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/load"
)

// replaced reads the programs that extensions replace functions of, from
// "OBJECT" or "OBJECT:PROGRAM"; nil when none were named.
func (o *options) replaced() (*ebpf.CollectionSpec, error) {
	if o.target == "" {
		return nil, nil
	}
	path, program := o.target, ""
	image, err := os.ReadFile(path)
	if i := strings.LastIndexByte(path, ':'); err != nil && i >= 0 {
		path, program = path[:i], path[i+1:]
		image, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("--target: %w", err)
	}
	spec, err := load.Parse(image)
	if err != nil {
		return nil, fmt.Errorf("--target %s: %w", path, err)
	}
	if program == "" {
		return spec, nil
	}
	one := spec.Programs[program]
	if one == nil {
		return nil, fmt.Errorf("--target %s: there is no program %s", path, program)
	}
	spec.Programs = map[string]*ebpf.ProgramSpec{program: one}
	return spec, nil
}
