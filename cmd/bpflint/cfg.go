package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/prog"
)

func cfgCommand(c *console) *cobra.Command {
	var o drawing
	cmd := &cobra.Command{
		Use:   "cfg OBJECT",
		Short: "Draw the control-flow graph of a program",
		Long: `cfg draws the control-flow graph of a program, with the lines of its source and
with what bpflint finds. It prints DOT, the language of graphviz; a file whose
name ends with .svg becomes a picture if graphviz is installed.`,
		Example: `  bpflint cfg xdp.bpf.o --program pass -o pass.svg
  bpflint cfg xdp.bpf.o --program pass | dot -Tpng > pass.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.load(args[0], c.stdin); err != nil {
				return err
			}
			return o.draw(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	o.single.flags(f)
	f.StringVarP(&o.output, "output", "o", "", "`file` to write; without it standard output")
	return cmd
}

// drawing is one run of the command.
type drawing struct {
	single
	output string

	object  string // path
	program *prog.Program
	found   map[int]string // by slot: what bpflint says
}

// load links the program that is to be drawn, and judges it.
func (o *drawing) load(path string, stdin io.Reader) error {
	one, err := loadOne(path, o.single, stdin)
	if err != nil {
		return err
	}
	o.object, o.program = path, one.program
	res, err := one.judge()
	if err != nil {
		return err
	}
	o.found = map[int]string{}
	for _, f := range res.Findings {
		o.found[f.Insn] = f.Severity.String() + ": " + f.Message
	}
	return nil
}

func (o *drawing) draw(ctx context.Context, stdout io.Writer) error {
	g, err := graph.Build(o.program)
	if err != nil {
		return err
	}
	out := stdout
	if o.output != "" {
		file, err := os.Create(o.output)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	if filepath.Ext(o.output) == ".svg" {
		return cfg.WriteSVG(ctx, out, g, o.options())
	}
	return cfg.WriteDOT(out, g, o.options())
}

func (o *drawing) options() cfg.DOTOptions {
	p := o.program
	return cfg.DOTOptions{
		Title:   p.Name,
		Printer: analysis.Printer(p),
		FuncName: func(fn int32) string {
			if int(fn) < len(p.Funcs) {
				return p.Funcs[fn].Name
			}
			return ""
		},
		Source: o.source(report.NewSources()),
		Note:   func(slot int32) string { return o.found[int(slot)] },
	}
}

// source returns the line of the source that an instruction was made from.
func (o *drawing) source(files *report.Sources) func(slot int32) (text, where string) {
	return func(slot int32) (text, where string) {
		pos := analysis.PositionOf(o.program, int(slot))
		if !pos.IsValid() {
			return "", ""
		}
		_, text = files.Resolve(pos, o.object)
		where = fmt.Sprintf("%s:%d", filepath.Base(pos.File), pos.Line)
		if strings.TrimSpace(text) == "" {
			return where, ""
		}
		return text, where
	}
}
