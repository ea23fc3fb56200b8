//go:build linux

// Command record asks the running kernel about generated programs.
//
// It prints a line for each: its number and, as JSON, errno and last message.
// With -merge it makes the recorded verdicts from that; testdata/README.md has
// the commands.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/bpflint/bpflint/cfg/precheck/internal/ask"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the generator")
	random := flag.Int("random", 10000, "number of random programs")
	unprivileged := flag.Bool("unprivileged", false, "also ask without capabilities; sets a sysctl")
	dir := flag.String("merge", "", "merge what was printed on each kernel, in files of this folder")
	flag.Parse()
	err := error(nil)
	if *dir != "" {
		err = merge(os.Stdout, *dir, ask.Generate(*seed, *random))
	} else {
		err = run(*seed, *random, *unprivileged)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
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
		if c.Unprivileged && !unprivileged {
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
