package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// printSymbols prints the functions that the kernel's types have and its table
// of symbols lacks: nothing can be attached to them.
func printSymbols(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	raw, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return err
	}
	symbols := make(map[string]bool)
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 3 {
			symbols[f[2]] = true
		}
	}
	var names []string
	for t, err := range spec.All() {
		if err != nil {
			return err
		}
		if f, ok := t.(*btf.Func); ok && !symbols[f.Name] {
			names = append(names, f.Name)
		}
	}
	_, err = fmt.Fprintf(w, "functions_without_symbol\t%s\n", strings.Join(names, " "))
	return err
}
