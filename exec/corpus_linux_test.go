package exec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// packets are what programs of the corpus are fed with.
func packets() [][]byte {
	ether := func(proto uint16, payload ...byte) []byte {
		p := append([]byte{0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2}, byte(proto>>8), byte(proto))
		return append(p, payload...)
	}
	ip := func(proto byte, payload ...byte) []byte {
		h := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
		binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(payload)))
		return append(h, payload...)
	}
	ports := []byte{0x30, 0x39, 0, 80}
	udp := append(append([]byte{}, ports...), 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	tcp := append(append([]byte{}, ports...), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0)
	six := append([]byte{0x60, 0, 0, 0, 0, 16, 17, 64}, make([]byte, 32)...)
	return [][]byte{
		ether(0x0800, ip(17, udp...)...),
		ether(0x0800, ip(6, tcp...)...),
		ether(0x0800, ip(1, 8, 0, 0, 0, 0, 1, 0, 1)...),
		ether(0x86dd, append(six, udp...)...),
		ether(0x8100, append([]byte{0, 5, 8, 0}, ip(17, udp...)...)...),
		ether(0x0806, make([]byte, 28)...),
		bytes.Repeat([]byte{0xff}, 60),
	}
}

// TestCorpus runs the packet programs of the corpus here and in the running
// kernel, which must give the same verdict and the same packet.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("loads several hundred programs")
	}
	objects := corpus(t)
	runtime.LockOSThread() // the CPU number is visible to programs
	require.NoError(t, unix.SchedSetaffinity(0, &unix.CPUSet{1}))
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
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		list, _ := filepath.Glob(filepath.Join(dir, "shared/corpus/objects/*/*"))
		if len(list) > 0 {
			return list
		}
	}
	t.Skip("no corpus above the repository")
	return nil
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
		want, err := r.Prog.Run(oracle.RunInput{Data: packet, DataOut: 4096})
		if err != nil {
			c.why["kernel cannot run"]++
			return
		}
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
		if want.Return != got.Return || !bytes.Equal(want.Data, got.Data) {
			t.Errorf("%s %s, packet %d: returns %#x, the kernel %#x\n%s", object, name, i, got.Return, want.Return,
				difference(got.Data, want.Data))
			return
		}
		c.runs++
	}
}

// isRandom finds bpf_get_prandom_u32.
func isRandom(i cfg.Insn) bool { return i == cfg.Insn{Op: cfg.OpCALL, Imm: 7} }

func difference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	return fmt.Sprintf("got  %x\nwant %x", got, want)
}
