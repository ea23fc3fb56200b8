// Command agree compares the verdicts of bpflint with recorded ones of real
// kernels and prints a table:
//
//	go run ./internal/oracle/cmd/agree                                 # testdata, all kernels
//	go run ./internal/oracle/cmd/agree -data ../shared/corpus -show    # with every disagreement
//
// Verdicts with fewer capabilities, on the running kernel (root):
//
//	go run ./internal/oracle/cmd/record -caps CAP_BPF >bpf.jsonl
//	go run ./internal/oracle/cmd/agree -kernels 6.18.44 -caps CAP_BPF -verdicts bpf.jsonl -show
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle/agree"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes"
)

// question is what the command line asks.
type question struct {
	data, kernels, objects, verdicts, root, types, caps string

	cpus              int
	show, words, cost bool
}

func main() {
	var q question
	flag.StringVar(&q.data, "data", "testdata", "folder with objects and verdicts")
	flag.StringVar(&q.kernels, "kernels", "", "comma-separated, with or without patch level; empty means all targets")
	flag.StringVar(&q.objects, "objects", "", "pattern of the names of objects, as of path.Match; empty means all")
	flag.StringVar(&q.verdicts, "verdicts", "", "a file of verdicts instead of DATA/verdicts/KERNEL.jsonl; needs one -kernels")
	flag.StringVar(&q.root, "root", "", "folder of the objects instead of DATA/objects")
	flag.StringVar(&q.types, "btf", "", "a file with the kernel's types instead of those built in; needs one -kernels")
	flag.StringVar(&q.caps, "caps", "all", "the capabilities with which the verdicts were recorded")
	flag.IntVar(&q.cpus, "cpus", 1, "number of CPUs that the kernel could have")
	flag.BoolVar(&q.show, "show", false, "list every disagreement about a verdict")
	flag.BoolVar(&q.words, "words", false, "list rejections whose message or instruction differs")
	flag.BoolVar(&q.cost, "cost", false, "list accepted programs for which the kernel processed another number of instructions")
	flag.Parse()
	if err := q.answer(); err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(2)
	}
}

func (q *question) answer() error {
	releases, err := chosen(q.kernels)
	if err != nil {
		return err
	}
	if len(releases) != 1 && (q.verdicts != "" || q.types != "") {
		return errors.New("-verdicts and -btf need one -kernels")
	}
	if q.root == "" {
		q.root = filepath.Join(q.data, "objects")
	}
	for _, r := range releases {
		if err := q.compare(r); err != nil {
			return err
		}
	}
	return nil
}

func (q *question) compare(r linux.Release) error {
	file := q.verdicts
	if file == "" {
		file = filepath.Join(q.data, "verdicts", r.String()+".jsonl")
	}
	records, err := record.ReadFile(file)
	if err != nil {
		return err
	}
	if records, err = record.Matching(records, q.objects); err != nil {
		return err
	}
	target := agree.Target(r, q.types)
	target.CPUs = q.cpus
	if target.Caps, err = linux.ParseCaps(q.caps); err != nil {
		return err
	}
	report, err := agree.Run(agree.Config{Root: q.root, Records: records, Target: target, Suite: passes.Suite()})
	if err != nil {
		return err
	}
	return q.write(report)
}

func chosen(kernels string) ([]linux.Release, error) {
	var releases []linux.Release
	if kernels == "" {
		for _, v := range linux.Targets() {
			releases = append(releases, v.Recorded())
		}
		return releases, nil
	}
	for _, name := range strings.Split(kernels, ",") {
		r, err := target.Parse(name)
		if err != nil {
			return nil, err
		}
		releases = append(releases, r)
	}
	return releases, nil
}

func (q *question) write(report *agree.Report) error {
	var classes []agree.Class
	if q.show {
		classes = append(classes, agree.FalseAccept, agree.FalseReject, agree.Error, agree.Unsupported)
	}
	if q.words {
		classes = append(classes, agree.Agree)
	}
	if err := report.WriteCases(os.Stdout, classes...); err != nil {
		return err
	}
	if q.cost {
		if err := report.WriteCosts(os.Stdout); err != nil {
			return err
		}
	}
	if err := report.WriteTable(os.Stdout); err != nil {
		return err
	}
	_, err := fmt.Println()
	return err
}
