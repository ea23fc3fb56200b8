package exec_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/prog"
)

// TestCPUs lets four CPUs count packets in one map with an atomic addition.
func TestCPUs(t *testing.T) {
	const cpus, each = 4, 1000
	machine := exec.New(exec.Config{CPUs: cpus})
	program, err := machine.LoadSpec(counter(), "count", &prog.Target{})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for cpu := range cpus {
		wg.Go(func() {
			in, out := exec.Input{Data: make([]byte, 64), CPU: cpu}, exec.Output{}
			for range each {
				if err := program.RunInto(&in, &out); err != nil || out.Return != 2 {
					t.Errorf("CPU %d: %d, %v", cpu, out.Return, err)
				}
			}
		})
	}
	wg.Wait()
	value, err := machine.Map("packets").Lookup(make([]byte, 4))
	require.NoError(t, err)
	require.EqualValues(t, cpus*each, binary.LittleEndian.Uint64(value))
}

func TestErrorNamesTheInstruction(t *testing.T) {
	spec := counter()
	insns := spec.Programs["count"].Instructions
	spec.Programs["count"].Instructions = append(insns[:5:5], insns[6:]...) // no check for NULL
	spec.Maps["packets"].MaxEntries = 1
	spec.Programs["count"].Instructions[0].Constant = 9 // a key that is not there
	program, err := exec.New(exec.Config{}).LoadSpec(spec, "count", &prog.Target{})
	require.NoError(t, err)
	_, err = program.Run(exec.Input{Data: make([]byte, 64)})
	require.EqualError(t, err, "count: instruction 7: write of 8 bytes at NULL")
}

func TestRunDoesNotAllocate(t *testing.T) {
	program, err := exec.New(exec.Config{}).LoadSpec(counter(), "count", &prog.Target{})
	require.NoError(t, err)
	in, out := exec.Input{Data: make([]byte, 64)}, exec.Output{}
	require.NoError(t, program.RunInto(&in, &out))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := program.RunInto(&in, &out); err != nil {
			t.Fatal(err)
		}
	}))
}

// TestNoContextAllocates runs a program of each type that makes its context in
// another way.
func TestNoContextAllocates(t *testing.T) {
	for _, typ := range []ebpf.ProgramType{
		ebpf.XDP, ebpf.SchedCLS, ebpf.SocketFilter, ebpf.Kprobe, ebpf.TracePoint, ebpf.RawTracepoint, ebpf.PerfEvent,
		ebpf.Syscall, ebpf.CGroupSock, ebpf.CGroupSockAddr, ebpf.CGroupSockopt, ebpf.FlowDissector, ebpf.Netfilter,
	} {
		spec := &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"p": {
			Name: "p", Type: typ, License: "GPL", Instructions: asm.Instructions{
				asm.Mov.Imm(asm.R0, 1).WithSymbol("p"), asm.Return(),
			},
		}}}
		program, err := exec.New(exec.Config{}).LoadSpec(spec, "p", &prog.Target{})
		require.NoError(t, err, typ)
		in, out := exec.Input{Data: udpFrame()}, exec.Output{}
		if err := program.RunInto(&in, &out); err != nil {
			in.Data = nil // the type takes no packet
		}
		require.NoError(t, program.RunInto(&in, &out), typ)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if err := program.RunInto(&in, &out); err != nil {
				t.Fatal(err)
			}
		}), typ)
	}
}

// TestMapKeys gives maps keys and values of wrong lengths.
func TestMapKeys(t *testing.T) {
	m := exec.New(exec.Config{})
	_, err := m.LoadSpec(counter(), "count", nil)
	require.NoError(t, err)
	packets, short := m.Map("packets"), []byte{1}
	_, err = packets.Lookup(short)
	require.EqualError(t, err, "map packets: key of 1 bytes, want 4")
	_, err = packets.Next(short)
	require.EqualError(t, err, "map packets: key of 1 bytes, want 4")
	require.EqualError(t, packets.Delete(short), "map packets: key of 1 bytes, want 4")
	require.EqualError(t, packets.Update(short, nil, 0), "map packets: key of 1 bytes, want 4")
	require.EqualError(t, packets.Update(make([]byte, 4), short, 0), "map packets: value of 1 bytes, want 8")
}

// udpFrame is a packet whose headers are all there.
func udpFrame() []byte {
	frame := make([]byte, 64)
	frame[12], frame[14], frame[23] = 8, 0x45, 17
	return frame
}

// BenchmarkRun is a packet through a program that updates a map, with what it
// takes to set up the context; repeat is without.
func BenchmarkRun(b *testing.B) {
	program, err := exec.New(exec.Config{}).LoadSpec(counter(), "count", &prog.Target{})
	require.NoError(b, err)
	in, out := exec.Input{Data: make([]byte, 64)}, exec.Output{}
	b.Run("packet", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := program.RunInto(&in, &out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("repeat", func(b *testing.B) {
		again := exec.Input{Data: in.Data, Repeat: max(b.N, 1)}
		if err := program.RunInto(&again, &out); err != nil {
			b.Fatal(err)
		}
	})
}
