package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/gen/blob"
	"github.com/bpflint/bpflint/internal/linux"
)

// answer is a blob and what kernels said of it: "", or the error and the line.
type answer struct {
	Blob    []byte            `json:"blob"`
	Kernels map[string]string `json:"kernels,omitempty"`
}

var (
	digits = regexp.MustCompile(`[0-9]+`)
	kinds  = regexp.MustCompile(`\[[0-9]+\] [A-Z_0-9]+`)
)

// sort is what a line says without its numbers and names.
func sort(r *btf.Refusal) string {
	if r == nil {
		return ""
	}
	kind := kinds.FindString(r.Message)
	words := strings.Fields(r.Message)
	tail := words[max(0, len(words)-3):]
	return digits.ReplaceAllString(r.Errno+kind+strings.Join(tail, " ")+r.Why, "")
}

// collect prints a small blob for each combination of answers that Check gives
// for the five kernels.
func collect(real []blob.Blob, j *judge) error {
	key := func(b blob.Blob) string {
		var sorts []string
		for _, version := range linux.Targets() {
			target := btf.Kernel{Version: version, Types: j.target.Types}
			sorts = append(sorts, sort(btf.AsRefusal(btf.Check(b.Bytes(), target))))
		}
		return strings.Join(sorts, "|")
	}
	seen := map[string]bool{}
	return all.Each(func(seed uint64) error {
		b := blob.Make(seed, real, j.sound)
		k := key(b)
		if seen[k] {
			return nil
		}
		seen[k] = true
		small := blob.Shrink(b, func(c blob.Blob) bool { return key(c) == k })
		return write(answer{Blob: small.Bytes()})
	})
}

// addAnswers prints a file of answers with those of the running kernel.
func addAnswers(path string, j *judge) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return err
		}
		errno, line := j.kernel.LoadBTF(a.Blob, j.log)
		if a.Kernels == nil {
			a.Kernels = map[string]string{}
		}
		a.Kernels[j.target.Version.String()] = strings.TrimSpace(errno + " " + line)
		if err := write(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func write(a answer) error {
	out, err := json.Marshal(a)
	if err == nil {
		_, err = fmt.Printf("%s\n", out)
	}
	return err
}
