package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/replay"
)

// pcapOptions are the flags for captures.
type pcapOptions struct{ in, out string }

func (o *pcapOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.in, "pcap", "", "run the program for each packet of a capture in a `FILE`, - for standard input; pcap or pcapng")
	f.StringVar(&o.out, "pcap-out", "", "write the packets that go further to a `FILE` in pcap format")
}

func (o *pcapOptions) check(all *runOptions) error {
	switch {
	case o.in == "" && o.out != "":
		return fmt.Errorf("--pcap-out needs --pcap")
	case o.in == "":
		return nil
	case all.data != "" || all.ctx != "":
		return fmt.Errorf("--pcap takes the place of --data-in and --ctx-in")
	case all.repeat > 1 || all.cpus > 1:
		return fmt.Errorf("--pcap runs the program once for each packet, on one CPU; leave out --repeat and --cpus")
	case o.out != "" && o.out == o.in:
		return fmt.Errorf("--pcap-out would overwrite the capture that is read")
	}
	return nil
}

// run feeds the capture to the program. When it fails on the way, the result is
// of the packets before.
func (o *pcapOptions) run(c *console, p *exec.Program, clock *replay.Clock) (result *replay.Result, err error) {
	in, size, err := o.open(c)
	if err != nil {
		return nil, fmt.Errorf("--pcap: %w", err)
	}
	defer in.Close()
	counted := &countingReader{Reader: in}
	source, err := replay.NewSource(counted)
	if err != nil {
		return nil, fmt.Errorf("--pcap %s: %w", o.in, err)
	}
	options := replay.Options{Clock: clock}
	if o.out != "" {
		file, err := os.Create(o.out)
		if err != nil {
			return nil, fmt.Errorf("--pcap-out: %w", err)
		}
		buf := bufio.NewWriterSize(file, 1<<16)
		if options.Sink, err = replay.NewSink(buf); err != nil {
			return nil, err
		}
		defer func() {
			for _, end := range []func() error{buf.Flush, file.Close} {
				if e := end(); e != nil && err == nil {
					err = fmt.Errorf("--pcap-out: %w", e)
				}
			}
		}()
	}
	bar := newBar(c, size)
	defer bar.clear()
	options.Progress = func() { bar.set(counted.n) }
	if result, err = replay.Run(p, source, options); err != nil {
		err = fmt.Errorf("--pcap %s: %w", o.in, err)
	}
	return result, err
}

// open returns the capture and its size, -1 when that is not known.
func (o *pcapOptions) open(c *console) (io.ReadCloser, int64, error) {
	if o.in == "-" {
		return io.NopCloser(c.stdin), -1, nil
	}
	f, err := os.Open(o.in)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

type countingReader struct {
	io.Reader
	n int64
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n += int64(n)
	return n, err
}

// bar shows on a terminal how far the capture is read, once it has taken a
// second.
type bar struct {
	console *console
	size    int64
	start   time.Time
	last    int64
	shown   *progressbar.ProgressBar
}

// patience is how long nothing is shown.
const patience = time.Second

func newBar(c *console, size int64) *bar { return &bar{console: c, size: size, start: time.Now()} }

func (b *bar) set(n int64) {
	if !b.console.animated || n == b.last { // packets come from a buffer
		return
	}
	b.last = n
	if b.shown == nil {
		if time.Since(b.start) < patience {
			return
		}
		b.shown = progressbar.NewOptions64(b.size,
			progressbar.OptionSetWriter(b.console.stderr), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("running"), progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionClearOnFinish())
	}
	_ = b.shown.Set64(n) // a bar that cannot be drawn is no failure
}

// clear leaves the terminal as it was.
func (b *bar) clear() {
	if b.shown != nil {
		_ = b.shown.Clear()
	}
}
