// Compare gives BTF blobs to the running kernel and to package btf, and shrinks
// those about which the two disagree.
//
//	go run ./internal/gen/blob/compare -n 100000 -seed 1
package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/gen/blob"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/upward"
)

var (
	count    = flag.Uint64("n", 10000, "number of blobs")
	seed     = flag.Uint64("seed", 1, "seed of the first blob")
	show     = flag.Int("show", 5, "disagreements of each class to show")
	answers  = flag.String("answer", "", "print this `file` of recorded answers with those of the running kernel, and stop")
	collects = flag.Bool("collect", false, "print a small blob for each sort of answer, and stop")
	maxBytes = flag.Int("max", 16<<10, "size of the largest real blob to begin with")
)

// judge is both validators.
type judge struct {
	kernel *oracle.Kernel
	target btf.Kernel
	log    []byte
}

// said is what the two said of a blob: error number and line.
type said struct{ kernel, ours [2]string }

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run() error {
	kernel, err := oracle.Open()
	if err != nil {
		return err
	}
	j := &judge{kernel, btf.Kernel{Version: kernel.Version(), Types: sync.OnceValues(kernelbtf.RunningView)}, make([]byte, 8<<20)}
	if *answers != "" {
		return addAnswers(*answers, j)
	}
	real, err := realBlobs()
	if err != nil {
		return err
	}
	if *collects {
		return collect(real, j)
	}
	fmt.Printf("%d real blobs to begin with, kernel %s\n", len(real), kernel.Release())
	compare(j, real)
	return nil
}

func compare(j *judge, real []blob.Blob) {
	classes := map[string]uint64{}
	for s := *seed; s < *seed+*count; s++ {
		b := blob.Make(s, real, j.sound)
		class := j.ask(b.Bytes()).class()
		classes[class]++
		if agrees(class) || classes[class] > uint64(*show) {
			continue
		}
		small := blob.Shrink(b, func(c blob.Blob) bool { return j.ask(c.Bytes()).class() == class })
		got := j.ask(small.Bytes())
		fmt.Printf("seed %d: %s\n  kernel: %q\n  ours:   %q\n  %s\n", s, class, got.kernel, got.ours,
			base64.StdEncoding.EncodeToString(small.Bytes()))
	}
	report(classes)
}

func realBlobs() ([]blob.Blob, error) {
	var out []blob.Blob
	for _, rel := range []string{"testdata/objects", "shared/corpus/objects"} {
		dir, ok := upward.Find(rel)
		if !ok {
			continue
		}
		found, err := blob.Real(dir, *maxBytes)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (j *judge) ask(b []byte) said {
	var s said
	s.kernel[0], s.kernel[1] = j.kernel.LoadBTF(b, j.log)
	if r := btf.AsRefusal(btf.Check(b, j.target)); r != nil {
		s.ours = [2]string{r.Errno, r.Message}
	}
	return s
}

func (j *judge) sound(b []byte) bool { return btf.Check(b, j.target) == nil }

const (
	bothAccept = "agree: accepted"
	bothRefuse = "agree: refused, same error and line"
	noLine     = "agree: refused, same error, no line of ours"
)

func agrees(class string) bool { return class == bothAccept || class == bothRefuse || class == noLine }

func (s said) class() string {
	switch {
	case s.kernel[0] == "" && s.ours[0] == "":
		return bothAccept
	case s.kernel[0] == "":
		return "DISAGREE: false refusal"
	case s.ours[0] == "":
		return "DISAGREE: false acceptance"
	case s.kernel[0] != s.ours[0]:
		return "refused, other error"
	case s.ours[1] == "":
		return noLine
	case s.kernel[1] != s.ours[1]:
		return "refused, other line"
	}
	return bothRefuse
}

func report(classes map[string]uint64) {
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		fmt.Printf("%9d  %s\n", classes[class], class)
	}
}
