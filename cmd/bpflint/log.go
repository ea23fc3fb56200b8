package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/passes/graph"
)

func logCommand(c *console) *cobra.Command {
	var s single
	var level uint32
	cmd := &cobra.Command{
		Use:   "log OBJECT",
		Short: "Print the verifier's log of a program",
		Long: `log prints what the verifier of the kernel would write into its log: the
instructions of the path that was explored last, or with --level 2 of all paths,
each with the registers and the stack that it touched as far as they are known.
The format is that of Linux 6.18 for all kernels. Addresses of maps are left out,
and so is what the verifier says of its backtracking.`,
		Example: `  bpflint log xdp.bpf.o --program pass
  bpflint log xdp.bpf.o --program pass --level 2 --kernel 6.1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if level != 1 && level != 2 {
				return fmt.Errorf("--level %d: want 1 or 2", level)
			}
			one, err := loadOne(args[0], s, c.stdin)
			if err != nil {
				return err
			}
			return one.log(cmd.OutOrStdout(), level)
		},
	}
	s.flags(cmd.Flags())
	cmd.Flags().Uint32Var(&level, "level", 1, "1 for the last path, 2 for all")
	return cmd
}

// log prints the log of the exploration; for a program that the kernel refuses
// before, only why.
func (o *one) log(w io.Writer, level uint32) error {
	res, err := o.judge(graph.Analyzer.Name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if res.Verdict == analysis.VerdictReject || res.Verdict == analysis.VerdictError {
		fmt.Fprintln(out, res.Message)
		return out.Flush()
	}
	g, err := graph.Build(o.program)
	if err != nil {
		return err
	}
	if _, err := absint.Verify(o.program, g, absint.Options{Log: out, LogLevel: level}); err != nil {
		return err
	}
	return out.Flush()
}
