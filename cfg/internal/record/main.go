//go:build linux

// Command record asks the running kernel about generated programs.
//
// It prints a line for each: its number and, as JSON, errno and last message.
// With -merge it makes the recorded verdicts from that; testdata/README.md has
// the commands.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/internal/linux"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the generator")
	random := flag.Int("random", 10000, "number of random programs")
	unprivileged := flag.Bool("unprivileged", false, "also ask without capabilities; sets a sysctl")
	dir := flag.String("merge", "", "merge what was printed on each kernel, in files of this folder")
	listing := flag.Bool("listing", false, "also print how the kernel writes instructions, in lines that begin with =")
	flag.Parse()
	err := error(nil)
	if *dir != "" {
		err = merge(os.Stdout, *dir, ask.Generate(*seed, *random))
	} else {
		err = run(*seed, *random, *unprivileged)
	}
	if err == nil && *listing {
		err = list()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

var digits = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)

// list prints each instruction of interest that gets as far as the log.
func list() error {
	kernel, err := ask.NewKernel()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	seen := map[string]int{} // by the shape of the text
	for _, c := range ask.Fields() {
		insn := c.Insns[ask.FieldSlot]
		text := ask.Listed(kernel.Log(c), ask.FieldSlot)
		shape := fmt.Sprint(insn.Op, digits.ReplaceAllString(text, "N"))
		if seen[shape]++; text != "" && seen[shape] <= 2 {
			fmt.Fprintf(out, "= %s %s\n", hex.EncodeToString(cfg.Encode([]cfg.Insn{insn}, binary.LittleEndian)), text)
		}
	}
	return out.Flush()
}

func run(seed uint64, random int, unprivileged bool) error {
	kernel, err := ask.NewKernel()
	if err != nil {
		return err
	}
	if unprivileged {
		if err := ask.AllowUnprivileged(); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(os.Stdout)
	for i, c := range ask.Generate(seed, random) {
		if !c.Caps.Has(linux.CapBPF) && !unprivileged {
			continue
		}
		answer, err := kernel.Ask(c)
		if err != nil {
			return err
		}
		line, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d %s\n", i, line)
	}
	return out.Flush()
}
