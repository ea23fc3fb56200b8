package helper_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"

	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

var update = flag.Bool("update", false, "record what the running kernel answers")

// side runs a program of an object that was loaded for it alone.
type side interface {
	// Run returns R0.
	Run(packet []byte) (uint32, error)
	// Settle lets timers and work run.
	Settle() error
	// Out returns the words that the program left in its variable out, or in its
	// context.
	Out() ([]byte, error)
	// Text returns the program's variable text, nil when it has none.
	Text() []byte
	Close()
}

// TestObjects runs programs that note what helpers answer, and compares their
// notes with the running kernel's, and with what a kernel was seen to answer.
// In the files that are recorded, a line is a program's result and the words
// that it noted which are not 0, by their index.
func TestObjects(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.bpf.o")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".bpf.o"), func(t *testing.T) { testObject(t, path) })
	}
}

func testObject(t *testing.T, path string) {
	image, err := os.ReadFile(path)
	require.NoError(t, err)
	file := strings.TrimSuffix(path, ".bpf.o") + ".txt"
	if !testing.Short() && kernelCanRun() {
		live := answers(t, image, inKernel)
		require.Equal(t, live, answers(t, image, here), "the running kernel answers otherwise")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(live), 0o644))
		}
	}
	recorded, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(recorded), answers(t, image, here))
}

// answers runs each program of an object with maps of its own.
func answers(t *testing.T, image []byte, load1 func(*ebpf.CollectionSpec, string) (side, error)) string {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(image))
	require.NoError(t, err)
	var names []string
	for name := range spec.Programs {
		if !strings.HasPrefix(name, "here_") { // what no kernel does twice alike
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		s, err := load1(only(spec, name), name)
		require.NoError(t, err, name)
		b.WriteString(answer(t, s, name, packetFor(spec.Programs[name].Type)) + "\n")
		s.Close()
	}
	return b.String()
}

func answer(t *testing.T, s side, name string, packet []byte) string {
	ret, err := s.Run(packet)
	require.NoError(t, err, name)
	require.NoError(t, s.Settle(), name)
	out, err := s.Out()
	require.NoError(t, err, name)
	line := fmt.Sprintf("%s: %#x", name, ret)
	for i := 0; i+8 <= len(out); i += 8 {
		if v := binary.LittleEndian.Uint64(out[i:]); v != 0 {
			line += fmt.Sprintf(" %d=%#x", i/8, v)
		}
	}
	if text := bytes.Trim(s.Text(), "\x00"); len(text) > 0 {
		line += "\n\t" + strings.ReplaceAll(strings.ReplaceAll(string(text), "\n", "\n\t"), "\x00", "\\0")
	}
	return line
}

// only returns a collection with one program and all maps.
func only(spec *ebpf.CollectionSpec, name string) *ebpf.CollectionSpec {
	spec = spec.Copy()
	for other := range spec.Programs {
		if other != name {
			delete(spec.Programs, other)
		}
	}
	return spec
}

// packetFor returns a packet for the types that take one.
func packetFor(typ ebpf.ProgramType) []byte {
	switch typ {
	case ebpf.Syscall, ebpf.RawTracepoint:
		return nil
	}
	packet := make([]byte, 64)
	packet[12], packet[14] = 8, 0x45
	return packet
}

// Where a program's variables are.
const (
	outSection  = ".data.out"
	textSection = ".data.text"
)

// contextLen is that of the programs that are system calls.
const contextLen = 512

type hereSide struct {
	machine *exec.Machine
	program *exec.Program
	ctx     []byte
}

func here(spec *ebpf.CollectionSpec, name string) (side, error) {
	m := exec.New(exec.Config{Uptime: time.Hour, Task: &exec.Task{PID: 42, TGID: 42, CgroupID: 1}})
	p, err := prog.Link(spec, name, target.New(linux.DefaultTarget(), linux.CapAll, ""))
	if err != nil {
		return nil, err
	}
	loaded, err := m.Load(p)
	return &hereSide{machine: m, program: loaded}, err
}

func (s *hereSide) Run(packet []byte) (uint32, error) {
	in := exec.Input{Data: packet}
	if s.program.Type() == ebpf.Syscall {
		in.Ctx = make([]byte, contextLen)
	}
	out, err := s.program.Run(in)
	if err != nil {
		return 0, err
	}
	s.ctx = out.Ctx
	return out.Return, nil
}

func (s *hereSide) Settle() error {
	_, err := s.machine.RunTimers(0, settleTime)
	return err
}

// settleTime is more than any timer of the tests waits that is to fire.
const settleTime = 20 * time.Millisecond

func (s *hereSide) Out() ([]byte, error) {
	if m := s.machine.Map(outSection); m != nil {
		return m.Lookup(make([]byte, 4))
	}
	if s.program.Type() == ebpf.Syscall {
		return s.ctx, nil
	}
	return nil, nil
}

func (s *hereSide) Text() []byte {
	m := s.machine.Map(textSection)
	if m == nil {
		return nil
	}
	b, _ := m.Lookup(make([]byte, 4))
	return b
}

func (s *hereSide) Close() {}
