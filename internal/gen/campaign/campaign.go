// Package campaign is what the commands have in common that give generated
// things to two judges.
package campaign

import (
	"flag"
	"fmt"
	"os"
)

// Campaign says which things are made: those of seeds First to First+Count-1.
type Campaign struct {
	Count, First uint64
	Show         int // disagreements that are shown in full
}

// Flags defines the flags -n, -seed and -show, whose defaults are c.
func (c *Campaign) Flags() {
	flag.Uint64Var(&c.Count, "n", c.Count, "how many are made")
	flag.Uint64Var(&c.First, "seed", 1, "seed of the first one")
	flag.IntVar(&c.Show, "show", c.Show, "disagreements to show, of each class where there are classes")
}

// Each calls do with every seed, until it fails.
func (c *Campaign) Each(do func(seed uint64) error) error {
	for s := c.First; s < c.First+c.Count; s++ {
		if err := do(s); err != nil {
			return fmt.Errorf("seed %d: %w", s, err)
		}
	}
	return nil
}

// Main is the main function of a command: it parses the flags and ends with
// status 0 when run found no disagreement, 1 when it found some, and 2 when it
// failed.
func Main(name string, run func() (disagreements int, err error)) {
	flag.Parse()
	differ, err := run()
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(2)
	case differ > 0:
		os.Exit(1)
	}
}
