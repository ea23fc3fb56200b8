package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

// TestCorpus runs the packet programs of the corpus here and in the running
// kernel, which must give the same verdict and the same packet.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("loads several hundred programs")
	}
	objects := corpus(t)
	runtime.LockOSThread() // the CPU number is visible to programs
	pinToFirstCPU(t)
	kernel, err := oracle.Open()
	if err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	c := &comparison{kernel: kernel, why: make(map[string]int)}
	for _, path := range objects {
		spec, err := ebpf.LoadCollectionSpec(path)
		if err != nil {
			continue // not an object that this library reads
		}
		for name, p := range spec.Programs {
			switch p.Type {
			case ebpf.XDP, ebpf.SchedCLS, ebpf.SchedACT, ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit:
				c.program(t, filepath.Base(path), spec, name)
			}
		}
	}
	t.Logf("%d programs, %d runs are the same; left out: %v", c.programs, c.runs, c.why)
	require.NotZero(t, c.runs)
}

func corpus(t *testing.T) []string {
	dir, ok := upward.Find("shared/corpus/objects")
	if !ok {
		t.Skip("no corpus above the repository")
	}
	list, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	return list
}

type comparison struct {
	kernel         *oracle.Kernel
	programs, runs int
	why            map[string]int
}

func (c *comparison) program(t *testing.T, object string, spec *ebpf.CollectionSpec, name string) {
	p, err := prog.Link(spec, name, c.kernel.Target())
	if err != nil {
		c.why["link"]++
		return
	}
	if slices.ContainsFunc(p.Insns, isRandom) {
		c.why["random"]++
		return
	}
	r, err := c.kernel.Load(p, oracle.Options{Keep: true})
	if err != nil || r.Prog == nil {
		c.why["kernel refuses"]++
		return
	}
	defer r.Prog.Close()
	here, err := exec.New(exec.Config{CPUs: 2}).Load(p)
	if err != nil {
		c.why["load"]++
		t.Logf("%s %s: %v", object, name, err)
		return
	}
	c.programs++
	for i, packet := range packets() {
		// The kernel runs only what came to an end here: there are programs which
		// it accepts and does not survive.
		got, err := here.Run(exec.Input{Data: packet})
		var missing *helper.NotSimulated
		if errors.As(err, &missing) {
			c.why[missing.Name]++
			return
		}
		if err != nil {
			t.Errorf("%s %s, packet %d: %v", object, name, i, err)
			return
		}
		want, err := r.Prog.Run(oracle.RunInput{Data: packet, DataOut: 4096})
		if err != nil {
			c.why["kernel cannot run"]++
			return
		}
		if want.Return != got.Return || !bytes.Equal(want.Data, got.Data) {
			t.Errorf("%s %s, packet %d: returns %#x, the kernel %#x\n%s", object, name, i, got.Return, want.Return,
				difference(got.Data, want.Data))
			return
		}
		c.runs++
	}
}

// isRandom finds bpf_get_prandom_u32 and bpf_get_hash_recalc, whose hash has a
// random key.
func isRandom(i cfg.Insn) bool {
	return i == cfg.Insn{Op: cfg.OpCALL, Imm: 7} || i == cfg.Insn{Op: cfg.OpCALL, Imm: 34}
}

func difference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	return fmt.Sprintf("got  %x\nwant %x", got, want)
}
