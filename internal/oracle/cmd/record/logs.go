package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// printLogs prints the verifier's log of every program of the objects.
func printLogs(w io.Writer, paths []string, level oracle.LogLevel) error {
	k, err := oracle.Open()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := printObject(w, k, path, level); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func printObject(w io.Writer, k *oracle.Kernel, path string, level oracle.LogLevel) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	spec, err := load.Parse(image)
	if err != nil {
		return err
	}
	s := k.NewSession()
	defer s.Close()
	target := k.Target()
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		fmt.Fprintf(w, "=== %s %s\n", filepath.Base(path), name)
		p, err := prog.Link(spec, name, target)
		if err != nil {
			fmt.Fprintln(w, err)
			continue
		}
		r, err := s.Load(p, oracle.Options{Log: level})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s%s %s %s\n", r.Log, r.Verdict, r.Errno, r.SkipReason)
	}
	return nil
}
