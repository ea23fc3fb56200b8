package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/analysis/leastcaps"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
)

// leastCaps is what --caps is set to when no list follows it.
const leastCaps = "least"

// bareCaps gives --caps a value where none follows, as the flag can stand alone
// and can be followed by its value.
func bareCaps(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		if arg == "--" {
			break
		}
		if arg == "--caps" && (i+1 == len(out) || !isCaps(out[i+1])) {
			out[i] = "--caps=" + leastCaps
		}
	}
	return out
}

// isCaps tells a list of capabilities, or what was meant to be one, from a path
// or a flag.
func isCaps(word string) bool {
	if _, err := linux.ParseCaps(word); err == nil || word == leastCaps {
		return true
	}
	return strings.HasPrefix(strings.ToUpper(word), "CAP_")
}

// explainCaps prints the least capabilities that the objects load with.
func (o *options) explainCaps(c *console, kernels []linux.Release, paths []string) error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--caps alone prints text or json, not %s", o.format)
	}
	targets, err := o.targets(kernels, linux.CapAll)
	if err != nil {
		return err
	}
	bar := newProgress(c, o.quiet)
	defer bar.clear()
	objects, err := loadObjects(paths, load.Options{Stdin: c.stdin, Clang: o.clang, ClangArgs: o.cflags}, bar.loaded)
	if err != nil {
		return err
	}
	var results []*leastcaps.Result
	for i := range targets {
		config := o.driverConfig(nil)
		config.Target = targets[i]
		res, err := leastcaps.Find(objects, config)
		if err != nil {
			return err
		}
		results = append(results, res)
	}
	bar.clear()
	if o.format == "json" {
		err = leastcaps.JSON(c.stdout, results, report.Tool{Name: "bpflint", Version: version()})
	} else {
		err = leastcaps.Text(c.stdout, results)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return capsOutcome(results)
}

// capsOutcome chooses the exit status as outcome does.
func capsOutcome(results []*leastcaps.Result) error {
	refused := false
	for _, r := range results {
		for _, o := range r.Objects {
			if o.Err != nil {
				return errFailed
			}
			for _, p := range o.Programs {
				refused = refused || !p.Loads
			}
		}
	}
	if refused {
		return errFindings
	}
	return nil
}
