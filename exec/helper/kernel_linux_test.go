package helper_test

import (
	"errors"
	"runtime"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// kernelCanRun reports whether there is a kernel to ask.
func kernelCanRun() bool {
	_, err := oracle.Open()
	return err == nil
}

type kernelSide struct{ coll *ebpf.Collection }

func inKernel(spec *ebpf.CollectionSpec, name string) (side, error) {
	for _, m := range spec.Maps {
		if m.Type == ebpf.Arena {
			return withArena(spec, name)
		}
	}
	runtime.LockOSThread()
	coll, err := ebpf.NewCollection(spec)
	return &kernelSide{coll}, err
}

func (s *kernelSide) Run(packet []byte) (ret uint32, err error) {
	for _, p := range s.coll.Programs {
		if packet == nil {
			ret, err = p.Run(&ebpf.RunOptions{})
		} else {
			ret, _, err = p.Test(packet)
		}
	}
	return ret, err
}

func (s *kernelSide) Settle() error {
	time.Sleep(3 * settleTime) // the machine may be busy
	return nil
}

func (s *kernelSide) Out() ([]byte, error) {
	if m := s.coll.Maps[outSection]; m != nil {
		return m.LookupBytes(uint32(0))
	}
	return nil, nil
}

func (s *kernelSide) Text() []byte {
	m := s.coll.Maps[textSection]
	if m == nil {
		return nil
	}
	b, _ := m.LookupBytes(uint32(0))
	return b
}

func (s *kernelSide) Close() {
	s.coll.Close()
	runtime.UnlockOSThread()
}

// arenaSide is a program with an arena, whose instructions the library that loads
// others does not write.
type arenaSide struct {
	program *oracle.Program
	ctx     []byte
}

func withArena(spec *ebpf.CollectionSpec, name string) (side, error) {
	kernel, err := oracle.Open()
	if err != nil {
		return nil, err
	}
	p, err := prog.Link(spec, name, kernel.Target())
	if err != nil {
		return nil, err
	}
	r, err := kernel.Load(p, oracle.Options{Keep: true})
	if err == nil && r.Prog == nil {
		err = errors.New(r.Message)
	}
	if err != nil {
		return nil, err
	}
	return &arenaSide{program: r.Prog}, nil
}

func (s *arenaSide) Run([]byte) (uint32, error) {
	s.ctx = make([]byte, contextLen) // a system call changes it in place
	out, err := s.program.Run(oracle.RunInput{Ctx: s.ctx})
	if err != nil {
		return 0, err
	}
	return out.Return, nil
}

func (s *arenaSide) Settle() error        { return nil }
func (s *arenaSide) Text() []byte         { return nil }
func (s *arenaSide) Out() ([]byte, error) { return s.ctx, nil }
func (s *arenaSide) Close()               { s.program.Close() }
