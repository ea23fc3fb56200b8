package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes"
)

var defaultKernel = linux.DefaultTarget().String()

// options are the flags of a check.
type options struct {
	kernels         []string
	caps            string
	btf             string
	arch            string
	extensions      []string
	injection       string
	target          string
	symbols         string
	programs        []string
	enable, disable []string
	strictAlignment bool
	stateFreq       bool
	format          string
	color           string
	config          string
	quiet           bool
	timings         bool
	jobs            int
	clang           string
	cflags          []string
}

func (o *options) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.kernels, "kernel", []string{defaultKernel}, "kernels to judge for, or all: "+strings.Join(target.Names(), ", "))
	f.StringVar(&o.caps, "caps", "all", "capabilities of the loading process, such as CAP_BPF,CAP_NET_ADMIN; or all, none; alone: say which ones are needed")
	f.StringVar(&o.arch, "arch", linux.AMD64.String(), "`machine` whose registers kprobes and perf events see: x86_64, arm64")
	f.StringSliceVar(&o.extensions, "extensions", nil, "judge programs that no kernel loads, of a `proposal`: gtrace")
	f.StringVar(&o.injection, "error-injection", "", "the kernel has bpf_override_return for the functions that a `file` lists, as\n/sys/kernel/debug/error_injection/list does; known: those of its sources;\nrunning: those that the running kernel lists")
	f.StringVar(&o.symbols, "symbols", "", "`file` with the symbols of the kernel, as System.map and /proc/kallsyms list them;\nrunning: those of the running kernel")
	f.StringVar(&o.btf, "btf", "", "`file` with the types of the kernel: raw BTF or a vmlinux")
	f.StringVar(&o.target, "target", "", "`object` that is loaded before, whose functions programs of sections freplace/FUNCTION replace;\nOBJECT:PROGRAM for one of its programs")
	f.StringSliceVar(&o.programs, "program", nil, "judge only programs of this name (a `pattern` with * and ?)")
	f.StringSliceVar(&o.enable, "enable", nil, "run only these `analyzers` and what they require")
	f.StringSliceVar(&o.disable, "disable", nil, "leave out these `analyzers`, or hide rules such as lint/*")
	f.BoolVar(&o.strictAlignment, "strict-alignment", false, "demand aligned accesses everywhere (BPF_F_STRICT_ALIGNMENT)")
	f.BoolVar(&o.stateFreq, "state-freq", false, "keep a state at every chance (BPF_F_TEST_STATE_FREQ)")
	f.StringVar(&o.format, "format", "text", "`format` of the report: "+strings.Join(report.Formats(), ", "))
	f.StringVar(&o.color, "color", "auto", "`when` to use colours: auto, always, never")
	f.StringVar(&o.config, "config", "", "configuration `file`; without it the nearest "+analysis.ConfigName+" is read")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print findings only: no notes, no summary, no progress")
	f.BoolVar(&o.timings, "timings", false, "print the time that each step took to standard error")
	f.IntVarP(&o.jobs, "jobs", "j", 0, "programs to judge at a time (default: number of CPUs)")
	f.StringVar(&o.clang, "clang", "", "`program` that compiles C sources (default: the newest clang in PATH)")
	f.StringArrayVar(&o.cflags, "cflag", nil, "`argument` for clang when a PATH is a C source, such as -Iinclude; may be repeated")

	complete := func(flag string, values func() []string) {
		// The error is a flag that is not registered above.
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
	}
	complete("kernel", func() []string { return append(target.Names(), "all") })
	complete("format", report.Formats)
	complete("color", func() []string { return []string{"auto", "always", "never"} })
	complete("enable", analyzerNames)
	complete("disable", analyzerNames)
}

func analyzerNames() []string {
	var names []string
	for _, a := range passes.Suite() {
		names = append(names, a.Name)
	}
	return names
}

// parseKernels reads the names of targets, each once and oldest first.
func parseKernels(names []string) ([]linux.Release, error) {
	var out []linux.Release
	for _, name := range names {
		if name == "all" {
			out = out[:0]
			for _, v := range linux.Targets() {
				out = append(out, v.Recorded())
			}
			return out, nil
		}
		v, err := target.Parse(name)
		if err != nil {
			return nil, fmt.Errorf("%w, or all", err)
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, linux.Release.Compare)
	return out, nil
}

// readConfig takes from the configuration file what no flag says.
func (o *options) readConfig(flags *pflag.FlagSet) ([]analysis.Suppression, error) {
	path := o.config
	if path == "" {
		var err error
		if path, err = analysis.FindConfig("."); err != nil || path == "" {
			return nil, err
		}
	}
	file, err := analysis.ReadConfig(path)
	if err != nil {
		return nil, err
	}
	take := func(flag string, to *[]string, from []string) {
		if !flags.Changed(flag) && len(from) > 0 {
			*to = from
		}
	}
	take("kernel", &o.kernels, file.Kernels)
	take("enable", &o.enable, file.Enable)
	take("disable", &o.disable, file.Disable)
	if !flags.Changed("caps") && file.Caps != "" {
		o.caps = file.Caps
	}
	return file.Suppress, nil
}
