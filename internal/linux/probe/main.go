// Command probe asks the running kernel for the facts that package linux holds
// as rows. It prints tab-separated rows and needs root; nothing is attached.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// probes in the order in which "probe all" runs them.
var probes = []struct {
	name string
	run  func(io.Writer) error
}{
	{"protos", printProtos},
	{"hooks", printHooks},
	{"attach", printAttach},
	{"calls", printCalls},
	{"context", printContexts},
	{"variants", printVariants},
	{"maps", printMaps},
	{"kfuncs", printKfuncs},
	{"sets", printSets},
	{"args", printArgs},
	{"symbols", printSymbols},
	{"stores", printStores},
	{"arrays", printArrays},
}

func main() {
	if os.Getenv("KERNEL_LAB") != "" {
		// The guest is ours: measure what processes without capabilities may do.
		_ = os.WriteFile("/proc/sys/kernel/unprivileged_bpf_disabled", []byte("0"), 0)
	}
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: probe all | protos | hooks | attach | calls | context ...")
		os.Exit(2)
	}
	ran := false
	for _, p := range probes {
		if os.Args[1] != "all" && !slices.Contains(os.Args[1:], p.name) {
			continue
		}
		ran = true
		fmt.Println("==", p.name)
		if err := p.run(os.Stdout); err != nil {
			fmt.Printf("error\t%s: %v\n", p.name, err)
		}
	}
	if !ran {
		os.Exit(2)
	}
}
