// Command probe asks the running kernel for the facts that package linux holds
// as rows. It prints tab-separated rows and needs root; nothing is attached.
package main

import (
	"fmt"
	"io"
	"os"
)

var probes = map[string]func(io.Writer) error{
	"protos": printProtos,
}

func main() {
	if len(os.Args) != 2 || probes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: probe protos")
		os.Exit(2)
	}
	if err := probes[os.Args[1]](os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}
