package both

import (
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/perf"
	"github.com/cilium/ebpf/ringbuf"
)

// kernelSide is a program in the running kernel.
type kernelSide struct {
	coll    *ebpf.Collection
	program *ebpf.Program
	events  map[string]*perf.Reader
	used    map[string]bool
}

// quiet asks for no log, which takes minutes for some programs.
var quiet = ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogDisabled: true}}

// Kernel loads a program and those that it may call. Programs that the kernel
// refuses besides the one that is asked for are left out.
func Kernel(spec *ebpf.CollectionSpec, name string) (Side, error) {
	spec = needed(spec, name)
	used := mapsOf(spec)
	coll, err := ebpf.NewCollectionWithOptions(spec, quiet)
	if err != nil && len(spec.Programs) > 1 {
		for other := range spec.Programs {
			if other != name {
				delete(spec.Programs, other)
			}
		}
		for _, m := range spec.Maps {
			if m.Type == ebpf.ProgramArray {
				m.Contents = nil
			}
		}
		coll, err = ebpf.NewCollectionWithOptions(spec, quiet)
	}
	if err != nil {
		return nil, err
	}
	s := &kernelSide{coll: coll, program: coll.Programs[name], events: make(map[string]*perf.Reader), used: used}
	for n, m := range coll.Maps {
		if m.Type() == ebpf.PerfEventArray {
			const bufferSize = 1 << 16
			if r, err := perf.NewReader(m, bufferSize); err == nil {
				s.events[n] = r
			}
		}
	}
	return s, nil
}

func (s *kernelSide) Close() {
	for _, r := range s.events {
		r.Close()
	}
	s.coll.Close()
}

func (s *kernelSide) Run(in *Input) ([]Line, error) {
	opts := &ebpf.RunOptions{Data: in.Data}
	if len(in.Data) > 0 {
		opts.DataOut = make([]byte, 1<<16)
	}
	var ctx []byte
	if len(in.Ctx) > 0 {
		opts.Context = in.Ctx
		if returnsContext(s.program.Type()) {
			ctx = make([]byte, len(in.Ctx))
			opts.ContextOut = ctx
		}
	}
	ret, err := s.program.Run(opts)
	if err != nil {
		return nil, err
	}
	return outLines(ret, opts.DataOut, ctx, s.program.Type()), nil
}

func (s *kernelSide) Contents(end bool) (lines []Line) {
	for name, m := range s.coll.Maps {
		if !s.used[name] {
			continue
		}
		spec := &ebpf.MapSpec{Name: name, Type: m.Type(), KeySize: m.KeySize(), ValueSize: m.ValueSize()}
		lines = append(lines, contents(spec, kernelMap{m, s.events[name]}, end)...)
	}
	return lines
}

type kernelMap struct {
	m      *ebpf.Map
	events *perf.Reader
}

func (k kernelMap) Next(key []byte) ([]byte, bool) {
	var in any
	if key != nil {
		in = key
	}
	next, err := k.m.NextKeyBytes(in)
	return next, err == nil && next != nil
}

func (k kernelMap) Get(key []byte) ([]byte, bool) {
	switch k.m.Type() {
	case ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash:
		var values [][]byte
		if k.m.Lookup(key, &values) != nil {
			return nil, false
		}
		var all []byte
		for _, v := range values {
			all = append(all, v...)
			for len(all)%8 != 0 {
				all = append(all, 0)
			}
		}
		return all, true
	}
	v, err := k.m.LookupBytes(key)
	return v, err == nil && v != nil
}

func (k kernelMap) Drain() (list [][]byte) {
	switch k.m.Type() {
	case ebpf.RingBuf:
		return k.ring()
	case ebpf.PerfEventArray:
		return k.perf()
	}
	for {
		v := make([]byte, k.m.ValueSize())
		if k.m.LookupAndDelete(nil, &v) != nil {
			return list
		}
		list = append(list, v)
	}
}

func (k kernelMap) ring() (list [][]byte) {
	r, err := ringbuf.NewReader(k.m)
	if err != nil {
		return nil
	}
	defer r.Close()
	r.SetDeadline(time.Now())
	for {
		record, err := r.Read()
		if err != nil {
			return list
		}
		list = append(list, record.RawSample)
	}
}

// perf reads records; their lengths are rounded up with rubbish.
func (k kernelMap) perf() (list [][]byte) {
	if k.events == nil {
		return nil
	}
	k.events.SetDeadline(time.Now())
	for {
		record, err := k.events.Read()
		if err != nil {
			return list
		}
		list = append(list, record.RawSample)
	}
}
