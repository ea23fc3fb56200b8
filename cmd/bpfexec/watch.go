package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/coverage"
	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/exec/trace"
)

// watchOptions are the flags that observe a program.
type watchOptions struct {
	trace    bool
	profile  string
	sources  string
	lcov     string
	annotate bool

	recorder *profile.Recorder
}

func (o *watchOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.trace, "trace", false, "print each instruction with the registers that changed")
	f.StringVar(&o.profile, "profile", "", "write a profile to a `FILE` for \"go tool pprof\"")
	f.StringVar(&o.sources, "profile-sources", "", "write the source, as far as it is known, below a `FOLDER` for \"go tool pprof -source_path FOLDER -trim_path /\"")
	f.StringVar(&o.lcov, "coverage", "", "write which lines and branches ran to a `FILE` in LCOV format")
	f.BoolVar(&o.annotate, "annotate", false, "print the source with how often each line ran")
}

// records reports whether counts are taken.
func (o *watchOptions) records() bool {
	return o.profile != "" || o.sources != "" || o.lcov != "" || o.annotate
}

// observer returns what watches the machine, nil for nothing.
func (o *watchOptions) observer(c *console) exec.Observer {
	switch {
	case o.trace:
		return trace.New(c.stdout)
	case o.records():
		o.recorder = profile.New(profile.Options{
			Edges:  o.lcov != "" || o.annotate,
			Packet: o.profile != "",
		})
		return o.recorder
	}
	return nil
}

// start lets the clock run if there is to be a profile.
func (o *watchOptions) start() {
	if o.profile != "" {
		o.recorder.Start()
	}
}

// finish writes what was asked for. A program that an error stopped has counts,
// too.
func (o *watchOptions) finish(c *console) error {
	if o.trace {
		fmt.Fprintln(c.stdout)
	}
	if o.recorder == nil {
		return nil
	}
	o.recorder.Stop()
	report := coverage.New(o.recorder.Counts())
	if o.profile != "" {
		if err := writeFile(o.profile, o.recorder.Write); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
	}
	if o.sources != "" {
		if err := o.recorder.WriteSources(o.sources); err != nil {
			return fmt.Errorf("--profile-sources: %w", err)
		}
	}
	if o.lcov != "" {
		if err := writeFile(o.lcov, report.WriteLCOV); err != nil {
			return fmt.Errorf("--coverage: %w", err)
		}
	}
	if o.annotate {
		return report.WriteListing(c.stdout)
	}
	return nil
}

// writeFile makes a file and has it written.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close() // the first error tells more
		return err
	}
	return f.Close()
}
