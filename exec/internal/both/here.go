package both

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/prog"
)

// hereSide is a program in a machine of its own.
type hereSide struct {
	machine *exec.Machine
	program *exec.Program
	spec    *ebpf.CollectionSpec
}

// Here loads a program and those that it may call.
func Here(spec *ebpf.CollectionSpec, name string, target *prog.Target, cpus int) (Side, error) {
	spec = needed(spec, name)
	m := exec.New(exec.Config{CPUs: cpus})
	for other := range spec.Programs {
		if other != name {
			_, _ = m.LoadSpec(spec, other, target) // the kernel may refuse it as well
		}
	}
	p, err := m.LoadSpec(spec, name, target)
	if err != nil {
		return nil, err
	}
	return &hereSide{m, p, spec}, nil
}

func (s *hereSide) Run(in *Input) ([]Line, error) {
	out, err := s.program.Run(exec.Input{Data: in.Data, Ctx: in.Ctx})
	if err != nil {
		return nil, err
	}
	var ctx []byte
	if returnsContext(s.program.Type()) {
		ctx = out.Ctx[:min(len(in.Ctx), len(out.Ctx))]
	}
	return outLines(out.Return, out.Data, ctx, s.program.Type()), nil
}

// returnsContext tells the types whose context comes back.
func returnsContext(typ ebpf.ProgramType) bool {
	return typ == ebpf.Syscall || takesPacket(typ)
}

func outLines(ret uint32, data, ctx []byte, typ ebpf.ProgramType) []Line {
	lines := []Line{{"return", fmt.Sprintf("%#x", ret)}}
	switch typ {
	case ebpf.XDP, ebpf.SchedCLS, ebpf.SchedACT, ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut,
		ebpf.LWTXmit, ebpf.FlowDissector:
		lines = append(lines, Line{"data", fmt.Sprintf("%x", data)})
	}
	if len(ctx) > 0 {
		lines = append(lines, Line{"context", fmt.Sprintf("%x", ctx)})
	}
	return lines
}

func (s *hereSide) Contents(end bool) (lines []Line) {
	for name := range s.spec.Maps {
		if m := s.machine.Map(name); m != nil {
			spec := *m.Spec()
			spec.Name = name
			lines = append(lines, contents(&spec, hereMap{m}, end)...)
		}
	}
	return lines
}

func (s *hereSide) Close() {}

type hereMap struct{ m *exec.Map }

func (h hereMap) Next(key []byte) ([]byte, bool) {
	next, err := h.m.Next(key)
	return next, err == nil
}

func (h hereMap) Get(key []byte) ([]byte, bool) {
	v, err := h.m.Lookup(key)
	return v, err == nil
}

func (h hereMap) Drain() (list [][]byte) {
	switch raw := h.m.Raw().(type) {
	case *maps.Ring:
		raw.Read(func(b []byte) { list = append(list, append([]byte(nil), b...)) })
	case *maps.Events:
		for _, r := range raw.Read() {
			// The record with its length, 4 bytes, is a multiple of 8 bytes.
			padding := -(len(r.Data) + 4) & 7
			list = append(list, append(r.Data, make([]byte, padding)...))
		}
	case maps.Stack:
		for v := make([]byte, h.m.Spec().ValueSize); raw.Pop(v) == errno.OK; {
			list = append(list, append([]byte(nil), v...))
		}
	}
	return list
}
