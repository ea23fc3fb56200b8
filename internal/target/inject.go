package target

import (
	"fmt"
	"os"

	"github.com/bpflint/bpflint/internal/linux"
)

// Names that stand for lists of functions instead of files.
const (
	KnownFunctions   = "known"   // those of the kernel's sources
	RunningFunctions = "running" // those that the running kernel lists
)

// Where a kernel lists the functions that opted in, and all of them.
const (
	runningList    = "/sys/kernel/debug/error_injection/list"
	runningSymbols = "/proc/kallsyms"
)

// Symbols reads a list of the kernel's symbols; the empty name is none.
func Symbols(list string) (*linux.Symbols, error) {
	switch list {
	case "":
		return nil, nil
	case RunningFunctions:
		list = runningSymbols
	}
	f, err := os.Open(list)
	if err != nil {
		return nil, fmt.Errorf("symbols: %w", err)
	}
	defer f.Close()
	s, err := linux.ReadSymbols(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	return s, nil
}

// Injects returns which functions of a kernel can be made to fail: those that a
// file lists, or those that a name stands for. The empty name is a kernel
// without bpf_override_return, for which it returns nil.
func Injects(list string, kernel linux.Version) (func(function string) bool, error) {
	switch list {
	case "":
		return nil, nil
	case KnownFunctions:
		return kernel.InjectsErrors, nil
	case RunningFunctions:
		list = runningList
	}
	f, err := os.Open(list)
	if err != nil {
		return nil, fmt.Errorf("functions that allow error injection: %w", err)
	}
	defer f.Close()
	set, err := linux.ReadInjectable(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	return func(function string) bool { return set[function] }, nil
}
