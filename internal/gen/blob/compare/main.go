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
	"slices"
	"sync"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/gen/blob"
	"github.com/bpflint/bpflint/internal/gen/campaign"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/upward"
)

var (
	all      = campaign.Campaign{Count: 10000, Show: 5}
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
	all.Flags()
	campaign.Main("compare", run)
}

func run() (int, error) {
	kernel, err := oracle.Open()
	if err != nil {
		return 0, err
	}
	j := &judge{kernel, btf.Kernel{Version: kernel.Version(), Types: sync.OnceValues(kernelbtf.RunningView)}, make([]byte, 8<<20)}
	if *answers != "" {
		return 0, addAnswers(*answers, j)
	}
	real, err := realBlobs()
	if err != nil {
		return 0, err
	}
	if *collects {
		return 0, collect(real, j)
	}
	fmt.Printf("%d real blobs to begin with, kernel %s\n", len(real), kernel.Release())
	return j.compare(real)
}

// compare gives both the blobs of all seeds.
func (j *judge) compare(real []blob.Blob) (int, error) {
	classes := map[string]uint64{}
	err := all.Each(func(seed uint64) error {
		b := blob.Make(seed, real, j.sound)
		class := j.ask(b.Bytes()).class()
		if classes[class]++; agrees(class) || classes[class] > uint64(all.Show) {
			return nil
		}
		small := blob.Shrink(b, func(c blob.Blob) bool { return j.ask(c.Bytes()).class() == class })
		got := j.ask(small.Bytes())
		fmt.Printf("seed %d: %s\n  kernel: %q\n  ours:   %q\n  %s\n", seed, class, got.kernel, got.ours,
			base64.StdEncoding.EncodeToString(small.Bytes()))
		return nil
	})
	return report(classes), err
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

func report(classes map[string]uint64) (disagreements int) {
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		fmt.Printf("%9d  %s\n", classes[class], class)
		if !agrees(class) {
			disagreements += int(classes[class])
		}
	}
	return disagreements
}
