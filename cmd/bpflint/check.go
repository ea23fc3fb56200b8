package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/prog"
)

// check judges the objects that the paths name and prints a report.
func (o *options) check(flags *pflag.FlagSet, c *console, paths []string) error {
	suppress, err := o.readConfig(flags)
	if err != nil {
		return err
	}
	render, err := report.ByName(o.format)
	if err != nil {
		return err
	}
	color, err := useColor(o.color, c.colored)
	if err != nil {
		return err
	}
	kernels, err := parseKernels(o.kernels)
	if err != nil {
		return err
	}
	if o.caps == leastCaps {
		return o.explainCaps(c, kernels, paths)
	}
	caps, err := linux.ParseCaps(o.caps)
	if err != nil {
		return err
	}
	targets, err := o.targets(kernels, caps)
	if err != nil {
		return err
	}
	bar := newProgress(c, o.quiet)
	defer bar.clear()
	objects, err := loadObjects(paths, load.Options{Stdin: c.stdin, Clang: o.clang, ClangArgs: o.cflags}, bar.loaded)
	if err != nil {
		return err
	}
	var results []*analysis.Result
	for i := range targets {
		config := o.driverConfig(suppress)
		config.Target = targets[i]
		config.Progress = bar.judging(i, len(kernels))
		res, err := analysis.Run(objects, config)
		if err != nil {
			return err
		}
		results = append(results, res)
	}
	bar.clear()
	return o.report(c, render, color, results)
}

// targets returns the kernels with what the flags say of them.
func (o *options) targets(kernels []linux.Release, caps linux.Caps) ([]*prog.Target, error) {
	if err := checkBTF(o.btf); err != nil {
		return nil, err
	}
	arch, err := linux.ParseArch(o.arch)
	if err != nil {
		return nil, err
	}
	extensions, err := linux.ParseExtensions(o.extensions)
	if err != nil {
		return nil, err
	}
	symbols, err := target.Symbols(o.symbols)
	if err != nil {
		return nil, err
	}
	loaded, err := o.replaced()
	if err != nil {
		return nil, err
	}
	var targets []*prog.Target
	for _, kernel := range kernels {
		t := target.For(kernel, caps, o.btf)
		t.Arch, t.Extensions, t.Symbols, t.Loaded = arch, extensions, symbols, loaded
		if t.Injects, err = target.Injects(o.injection, kernel.Version); err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	return targets, nil
}

func (o *options) driverConfig(suppress []analysis.Suppression) analysis.Config {
	return analysis.Config{
		Suite:     passes.Suite(),
		Selection: analysis.Selection{Enable: o.enable, Disable: o.disable},
		Flags:     analysis.LoadFlags(o.strictAlignment, o.stateFreq),
		Programs:  o.programs,
		Suppress:  suppress,
		Jobs:      o.jobs,
	}
}

func (o *options) report(c *console, render report.Renderer, color bool, results []*analysis.Result) error {
	out := bufio.NewWriter(c.stdout)
	err := render(out, results, report.Options{
		Tool: report.Tool{Name: "bpflint", Version: version()}, Color: color, Quiet: o.quiet, Suite: passes.Suite(),
	})
	if err == nil {
		err = out.Flush()
	}
	if err == nil && o.timings {
		err = report.Timings(c.stderr, results)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return outcome(results)
}

// outcome chooses the exit status. What could not be judged weighs more than
// what was found.
func outcome(results []*analysis.Result) error {
	found := false
	for _, r := range results {
		n := r.Count()
		if n.Unreadable > 0 || n.Error > 0 {
			return errFailed
		}
		found = found || n.Findings > 0
	}
	if found {
		return errFindings
	}
	return nil
}

func useColor(when string, able bool) (bool, error) {
	switch when {
	case "auto":
		return able, nil
	case "always":
		return true, nil
	case "never":
		return false, nil
	}
	return false, fmt.Errorf("--color %s: want auto, always or never", when)
}

// checkBTF catches a misspelled path before anything is judged.
func checkBTF(path string) error {
	if path == "" {
		return nil
	}
	_, err := os.Stat(path)
	return err
}
