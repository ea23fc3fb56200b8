// Command bpfexec runs eBPF programs in user space, without a kernel.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

func main() {
	os.Exit(run(os.Args[1:], &console{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		animated: os.Getenv("TERM") != "dumb" && term.IsTerminal(int(os.Stderr.Fd())),
	}))
}

// console is what the program talks to.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	animated       bool // stderr can show a progress bar
}

// run executes a command line and returns the exit status: 0, or 1 when
// something failed.
func run(args []string, c *console) int {
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	if err := root.Execute(); err != nil {
		fmt.Fprintf(c.stderr, "bpfexec: %v\n", err)
		return 1
	}
	return 0
}

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "bpfexec",
		Short: "Run eBPF programs in user space, without a kernel",
		Long: `bpfexec runs eBPF programs without root and without a kernel, and says where
their time goes. Every access to memory is checked: what a kernel would refuse
to run stops with the instruction and what it accessed.

Exit status: 0 the program ran, 1 something failed.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var value *pflag.InvalidValueError
		var number *strconv.NumError
		if errors.As(err, &value) && errors.As(err, &number) {
			err = fmt.Errorf("--%s %q: want a number that fits", value.GetFlag().Name, value.GetValue())
		}
		return fmt.Errorf("%w; %q tells more", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(runCommand(c), rawCommand())
	return root
}
