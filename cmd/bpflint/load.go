package main

import (
	"errors"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/load"
)

// loadObjects reads the objects that the paths name, and calls loaded with their
// number after each. What is wrong with one of them is part of the list.
func loadObjects(paths []string, from load.Options, loaded func(int)) ([]analysis.Object, error) {
	var out []analysis.Object
	for o := range load.Find(paths, from) {
		out = append(out, analysis.Object{Path: o.Name, Spec: o.Spec, Err: o.Err})
		loaded(len(out))
	}
	if len(out) == 0 {
		return nil, errors.New("no eBPF objects found there")
	}
	return out, nil
}
