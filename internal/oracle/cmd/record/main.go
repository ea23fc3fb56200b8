// Command record asks the running kernel for its verdicts on objects and writes
// them as JSON lines. It must run as root, attaches nothing, and is static, so
// that kernel-lab can run it:
//
//	go run ./internal/oracle/cmd/record -all ../shared/kernel-lab/kernel-lab
//
// makes testdata/verdicts anew, by running itself in every kernel that is a
// target.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
)

func main() {
	lab := flag.String("all", "", "the `kernel-lab` script: record every target kernel into testdata/verdicts")
	root := flag.String("root", "testdata/objects", "objects are named relative to this folder")
	repeat := flag.Int("repeat", 0, "loads of an accepted program; the least verification time is recorded")
	log := flag.Int("log", 0, "print the verifier's logs at this `level` instead of records")
	caps := flag.String("caps", "", "load with these capabilities only; maps are made with all")
	flag.Parse()
	options := record.Options{Repeat: *repeat}
	var err error
	switch {
	case *lab != "":
		err = recordAll(*lab, *root)
	case *log != 0:
		err = printLogs(os.Stdout, flag.Args(), oracle.LogLevel(*log))
	default:
		if options.Caps, err = parseCaps(*caps); err == nil {
			err = recordLive(os.Stdout, *root, flag.Args(), options)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(2)
	}
}

// parseCaps returns nil for the capabilities of the process.
func parseCaps(s string) (*linux.Caps, error) {
	if s == "" {
		return nil, nil
	}
	caps, err := linux.ParseCaps(s)
	return &caps, err
}

// recordLive records objects on the running kernel.
func recordLive(w io.Writer, root string, paths []string, o record.Options) error {
	k, err := oracle.Open()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		if paths, err = objects(root); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(w)
	for _, path := range paths {
		records, err := recordObject(k, root, path, o)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := record.Write(out, records); err != nil {
			return err
		}
	}
	return out.Flush()
}

func recordObject(k *oracle.Kernel, root, path string, o record.Options) ([]record.Record, error) {
	name, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	name = filepath.ToSlash(name)
	image, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec, err := load.Parse(image)
	if err != nil {
		return []record.Record{record.Unreadable(name, err)}, nil
	}
	if o.Loaded, err = record.LoadedFor(path); err != nil {
		return nil, err
	}
	return record.Object(k, name, spec, o)
}

// objects lists the files below a folder in the order of their names.
func objects(root string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}
