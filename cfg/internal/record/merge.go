//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/internal/linux"
)

// perClass is how many programs are kept of those that all kernels judge alike.
const perClass = 1

// merge reads what record printed on each kernel, from files named VERSION.txt
// of which some may be missing, and writes the smallest programs of each class of verdicts.
func merge(out io.Writer, dir string, cases []ask.Case) error {
	verdicts := make([]map[string]ask.Answer, len(cases))
	kernels := 0
	for _, v := range linux.Targets() {
		err := readAnswers(filepath.Join(dir, v.String()+".txt"), v.String(), verdicts)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		kernels++
	}
	classes := map[string][]int{}
	for i, answers := range verdicts {
		if len(answers) != kernels {
			continue // a line was lost on some console
		}
		class := classOf(cases[i], answers)
		kept := append(classes[class], i)
		for at := len(kept) - 1; at > 0 && len(cases[kept[at]].Insns) < len(cases[kept[at-1]].Insns); at-- {
			kept[at], kept[at-1] = kept[at-1], kept[at]
		}
		classes[class] = kept[:min(len(kept), perClass)]
	}
	keep := make([]bool, len(cases))
	for _, kept := range classes {
		for _, i := range kept {
			keep[i] = true
		}
	}
	for i, yes := range keep {
		if !yes {
			continue
		}
		r := ask.Recorded{
			Insns: hex.EncodeToString(cfg.Encode(cases[i].Insns, binary.LittleEndian)), Type: cases[i].Type, Verdicts: verdicts[i],
		}
		if cases[i].Caps != linux.CapAll {
			r.Caps = cases[i].Caps.String()
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", line)
	}
	return nil
}

func readAnswers(path, kernel string, verdicts []map[string]ask.Answer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		number, text, _ := strings.Cut(lines.Text(), " ")
		var i int
		var answer ask.Answer
		if _, err := fmt.Sscan(number, &i); err != nil || i < 0 || i >= len(verdicts) || json.Unmarshal([]byte(text), &answer) != nil {
			continue // the guest's console mixes in its own lines
		}
		if verdicts[i] == nil {
			verdicts[i] = map[string]ask.Answer{}
		}
		verdicts[i][kernel] = answer
	}
	return lines.Err()
}

var numbers = regexp.MustCompile(`-?\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b`)

// classOf tells programs apart by what the kernels say, but for numbers.
func classOf(c ask.Case, answers map[string]ask.Answer) string {
	var s strings.Builder
	fmt.Fprint(&s, c.Caps, c.Type)
	for _, v := range linux.Targets() {
		a := answers[v.String()]
		fmt.Fprint(&s, "|", a.Errno, " ", numbers.ReplaceAllString(a.Message, "N"))
	}
	return s.String()
}
