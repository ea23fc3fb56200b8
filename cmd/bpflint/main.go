// Command bpflint tells, without a kernel, what Linux's verifier would say of
// the programs in eBPF objects.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit statuses.
const (
	exitClean    = 0 // nothing found
	exitFindings = 1
	exitFailed   = 2 // it could not do the job
)

// errFindings makes the exit status without saying anything; the report has
// said it. errFailed does so where an object could not be judged.
var (
	errFindings = errors.New("findings")
	errFailed   = errors.New("not all objects could be judged")
)

func main() {
	os.Exit(run(os.Args[1:], &console{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		colored:  os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(os.Stdout.Fd())),
		animated: os.Getenv("TERM") != "dumb" && term.IsTerminal(int(os.Stderr.Fd())),
	}))
}

// console is what the program talks to.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	colored        bool // stdout shows colours
	animated       bool // stderr can show a progress bar
}

// run executes a command line and returns the exit status.
func run(args []string, c *console) int {
	root := newRoot(c)
	root.SetArgs(bareCaps(args))
	err := root.Execute()
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errFailed):
		return exitFailed
	}
	fmt.Fprintf(c.stderr, "bpflint: %v\n", err)
	return exitFailed
}

func newRoot(c *console) *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "bpflint [flags] PATH...",
		Short: "Say what Linux's verifier would say of eBPF programs, without a kernel",
		Long: `bpflint reads eBPF objects and says, for the kernel you choose, which programs
its verifier accepts, which it rejects and why. It needs no root, no kernel and
no compiler, so it runs in an editor or in CI before anything is loaded.

A PATH is an object file (.o), a program or archive with objects inside it (such
as a Go binary made with bpf2go), a C source if clang is installed, a folder with
all objects below it, or - for standard input.

Exit status: 0 nothing found, 1 findings, 2 the job could not be done.`,
		Example: `  bpflint xdp.bpf.o                     judge for Linux ` + defaultKernel + `
  bpflint --kernel 5.10,6.1 build/...   judge all objects below build for two kernels
  bpflint --format json ./app           judge the objects in an executable
  bpflint --caps CAP_BPF xdp.bpf.o      judge for a process with one capability
  bpflint --caps xdp.bpf.o              which capabilities does it take, and why?
  bpflint explain proof/unsupported     what does this finding mean?`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no PATH is given; \"bpflint --help\" tells more")
			}
			return o.check(cmd.Flags(), c, args)
		},
	}
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetVersionTemplate("bpflint {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %q tells more", err, cmd.CommandPath()+" --help")
	})
	root.CompletionOptions.HiddenDefaultCmd = false
	o.register(root)
	root.AddCommand(passesCommand(), explainCommand(), cfgCommand(c), logCommand(c), trampolineCommand(c), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "bpflint", version())
		},
	}
}

// version is the module's, or the commit of a build from a work tree.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
