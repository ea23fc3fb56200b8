// Command agree compares the verdicts of bpflint with recorded ones of real
// kernels and prints a table:
//
//	go run ./internal/oracle/cmd/agree                                 # testdata, all kernels
//	go run ./internal/oracle/cmd/agree -data ../shared/corpus -show    # with every disagreement
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle/agree"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/passes"
)

func main() {
	data := flag.String("data", "testdata", "folder with objects and verdicts")
	kernels := flag.String("kernels", "", "comma-separated; empty means all targets")
	objects := flag.String("objects", "", "pattern of the names of objects, as of path.Match; empty means all")
	verdicts := flag.String("verdicts", "", "a file of verdicts instead of DATA/verdicts/KERNEL.jsonl; needs one -kernels")
	root := flag.String("root", "", "folder of the objects instead of DATA/objects")
	show := flag.Bool("show", false, "list every disagreement about a verdict")
	words := flag.Bool("words", false, "list rejections whose message or instruction differs")
	flag.Parse()
	if err := run(*data, *kernels, *objects, *verdicts, *root, *show, *words); err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(2)
	}
}

func run(data, kernels, objects, verdicts, root string, show, words bool) error {
	versions, err := chosen(kernels)
	if err != nil {
		return err
	}
	if root == "" {
		root = filepath.Join(data, "objects")
	}
	for _, v := range versions {
		file := verdicts
		if file == "" {
			file = filepath.Join(data, "verdicts", v.String()+".jsonl")
		}
		records, err := record.ReadFile(file)
		if err != nil {
			return err
		}
		if records, err = record.Matching(records, objects); err != nil {
			return err
		}
		report, err := agree.Run(agree.Config{Root: root, Records: records, Target: agree.Target(v), Suite: passes.Suite()})
		if err != nil {
			return err
		}
		if err := write(report, show, words); err != nil {
			return err
		}
	}
	return nil
}

func chosen(kernels string) ([]linux.Version, error) {
	if kernels == "" {
		return linux.Targets(), nil
	}
	var versions []linux.Version
	for _, name := range strings.Split(kernels, ",") {
		v, err := linux.ParseVersion(name)
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, nil
}

func write(report *agree.Report, show, words bool) error {
	var classes []agree.Class
	if show {
		classes = append(classes, agree.FalseAccept, agree.FalseReject, agree.Error, agree.Unsupported)
	}
	if words {
		classes = append(classes, agree.Agree)
	}
	if err := report.WriteCases(os.Stdout, classes...); err != nil {
		return err
	}
	if err := report.WriteTable(os.Stdout); err != nil {
		return err
	}
	_, err := fmt.Println()
	return err
}
