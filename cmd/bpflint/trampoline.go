package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

func trampolineCommand(c *console) *cobra.Command {
	var kernel, btf string
	cmd := &cobra.Command{
		Use:   "trampoline PATH...",
		Short: "Say which arguments typed programs find in their context",
		Long: `trampoline prints, for each program that is attached to a function or to a typed
tracepoint (fentry, fexit, fmod_ret, tp_btf, lsm), the words of 8 bytes that are
its context: which argument each holds, and where the result is. Without the
function in the kernel's types, five arguments are saved, whatever it takes.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			release, err := target.Parse(kernel)
			if err != nil {
				return err
			}
			objects, err := loadObjects(args, load.Options{Stdin: c.stdin}, func(int) {})
			if err != nil {
				return err
			}
			found := false
			for _, o := range objects {
				if o.Err != nil {
					return fmt.Errorf("%s: %w", o.Path, o.Err)
				}
				to := target.For(release, linux.CapAll, btf)
				n, err := printTrampolines(cmd.OutOrStdout(), o.Path, o.Spec, to)
				if err != nil {
					return err
				}
				found = found || n > 0
			}
			if !found {
				fmt.Fprintln(c.stderr, "bpflint: no program there is attached to a function or to a typed tracepoint")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&kernel, "kernel", defaultKernel, "kernel whose functions are meant")
	cmd.Flags().StringVar(&btf, "btf", "", "`file` with the types of the kernel")
	return cmd
}

// printTrampolines returns how many programs of the object it has described.
func printTrampolines(w io.Writer, path string, spec *ebpf.CollectionSpec, to *prog.Target) (int, error) {
	n := 0
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		ps := spec.Programs[name]
		t, err := prog.TrampolineOf(&prog.Program{Type: ps.Type, AttachType: ps.AttachType, AttachTo: ps.AttachTo, Target: to})
		if err != nil {
			return n, fmt.Errorf("%s: program %s: %w", path, name, err)
		}
		if t != nil {
			n++
			fmt.Fprintf(w, "%s: %s (%s)\n%s", path, name, ps.SectionName, describeTrampoline(t))
		}
	}
	return n, nil
}

func describeTrampoline(t *prog.Trampoline) string {
	var b strings.Builder
	if !t.Matched {
		fmt.Fprintf(&b, "  the kernel's types do not list %s: five arguments are saved\n", t.Target)
	}
	for i, a := range t.Args {
		words, place := fmt.Sprintf("ctx[%d]", a.Word), "from a register"
		if a.Words > 1 {
			words = fmt.Sprintf("ctx[%d..%d]", a.Word, a.Word+a.Words-1)
		}
		if a.Stack {
			place = "from the stack"
		}
		name := fmt.Sprintf("argument %d", i+1)
		if a.Name != "" {
			name += " " + a.Name
		}
		fmt.Fprintf(&b, "  %-10s  %s, %d bytes, %s\n", words, name, a.Size, place)
	}
	if t.Result >= 0 {
		fmt.Fprintf(&b, "  %-10s  result\n", fmt.Sprintf("ctx[%d]", t.Result))
	}
	return b.String()
}
