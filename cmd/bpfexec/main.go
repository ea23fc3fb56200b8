// Command bpfexec runs eBPF programs in user space, without a kernel.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit status: 0, or 1 when
// something failed.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.Execute(); err != nil {
		fmt.Fprintf(stderr, "bpfexec: %v\n", err)
		return 1
	}
	return 0
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bpfexec",
		Short: "Run eBPF programs in user space, without a kernel",
		Long: `bpfexec runs eBPF programs without root and without a kernel. Every access to
memory is checked: what a kernel would refuse to run stops with the instruction
and what it accessed.

Exit status: 0 the program ran, 1 something failed.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %q tells more", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(runCommand(), rawCommand())
	return root
}
