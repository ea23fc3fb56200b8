package exec_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	emaps "github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/quiet"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

const (
	benchEntries = 10000 // elements of a map that is measured
	benchRounds  = 64    // operations in a run
)

// BenchmarkHelpers measures calls of helpers on full maps, with keys in no
// order, and beside them, where it may be asked, the running kernel. A figure
// is that of one operation with all that a program does for it.
func BenchmarkHelpers(b *testing.B) {
	lookup := asm.Instructions{asm.FnMapLookupElem.Call(), asm.JEq.Imm(asm.R0, 0, "out")}
	update := asm.Instructions{
		asm.Mov.Reg(asm.R3, asm.R10), asm.Add.Imm(asm.R3, -16), asm.Mov.Imm(asm.R4, 0), asm.FnMapUpdateElem.Call(),
	}
	for _, c := range []struct {
		name string
		typ  ebpf.MapType
		key  uint32
		do   asm.Instructions
	}{
		{"nothing", ebpf.Array, 4, nil},
		{"cpu", ebpf.Array, 4, asm.Instructions{asm.FnGetSmpProcessorId.Call()}},
		{"lookup", ebpf.Array, 4, lookup},
		{"lookup", ebpf.PerCPUArray, 4, lookup},
		{"lookup", ebpf.Hash, 4, lookup},
		{"lookup", ebpf.Hash, 16, lookup},
		{"lookup", ebpf.PerCPUHash, 4, lookup},
		{"lookup", ebpf.LRUHash, 4, lookup},
		{"update", ebpf.Array, 4, update},
		{"update", ebpf.Hash, 4, update},
		{"update", ebpf.LRUHash, 4, update},
	} {
		spec := helperSpec(c.typ, c.key, c.do)
		b.Run(fmt.Sprintf("%s/%s/%d", c.name, c.typ, c.key), func(b *testing.B) { besideKernel(b, spec) })
	}
}

// helperSpec is a program that does something with as many keys of a map. R1
// is the map, R2 the key.
func helperSpec(typ ebpf.MapType, keySize uint32, do asm.Instructions) *ebpf.CollectionSpec {
	insns := asm.Instructions{asm.Mov.Imm(asm.R6, benchRounds), asm.Mov.Imm(asm.R7, 1), asm.Mov.Imm(asm.R0, 0)}
	for off := int16(-16); off < 0; off += 8 {
		insns = append(insns, asm.StoreMem(asm.R10, off, asm.R0, asm.DWord))
	}
	insns = append(insns,
		asm.Add.Imm(asm.R7, 7919).WithSymbol("again"),
		asm.JLT.Imm(asm.R7, benchEntries, "key"),
		asm.Sub.Imm(asm.R7, benchEntries),
		asm.StoreMem(asm.R10, -16, asm.R7, asm.Word).WithSymbol("key"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -16),
		asm.LoadMapPtr(asm.R1, 0).WithReference("m"))
	insns = append(insns, do...)
	insns = append(insns,
		asm.Sub.Imm(asm.R6, 1),
		asm.JNE.Imm(asm.R6, 0, "again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return())
	insns[0] = insns[0].WithSymbol("entry")
	return &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{"m": {Name: "m", Type: typ, KeySize: keySize, ValueSize: 8, MaxEntries: benchEntries}},
		Programs: map[string]*ebpf.ProgramSpec{"p": {
			Name: "p", Type: ebpf.SocketFilter, Instructions: insns, License: "GPL",
		}},
	}
}

// BenchmarkCompute measures compiled programs without maps, and beside them,
// where it may be asked, the running kernel.
func BenchmarkCompute(b *testing.B) {
	spec, err := ebpf.LoadCollectionSpec("testdata/compute/compute.bpf.o")
	require.NoError(b, err)
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	for _, name := range slices.Sorted(maps.Keys(computeResults)) {
		b.Run(name, func(b *testing.B) {
			program, err := exec.New(exec.Config{}).LoadSpec(spec.Copy(), name, goal)
			require.NoError(b, err)
			out, err := program.Run(exec.Input{Data: computePacket()})
			require.NoError(b, err)
			beside(b, program, &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{name: spec.Programs[name].Copy()}},
				computePacket(), float64(out.Insns), "insn")
		})
	}
}

// besideKernel fills the map of a program and measures the program.
func besideKernel(b *testing.B, spec *ebpf.CollectionSpec) {
	program, err := exec.New(exec.Config{}).LoadSpec(spec, "p", &prog.Target{})
	require.NoError(b, err)
	m := program.Machine().Map("m")
	key := make([]byte, spec.Maps["m"].KeySize)
	for i := range uint32(benchEntries) {
		binary.LittleEndian.PutUint32(key, i)
		require.NoError(b, m.Update(key, make([]byte, 8), emaps.Any))
	}
	beside(b, program, spec.Copy(), make([]byte, 64), benchRounds, "call")
}

// beside measures a program here and in the running kernel, by turns, which
// does something n times in a run.
func beside(b *testing.B, program *exec.Program, spec *ebpf.CollectionSpec, data []byte, n float64, unit string) {
	in, out := exec.Input{Data: data}, exec.Output{}
	measurements := []func() float64{quiet.Batch(func() {
		if err := program.RunInto(&in, &out); err != nil {
			b.Fatal(err)
		}
	})}
	if _, err := oracle.Open(); err == nil {
		measurements = append(measurements, kernelBatch(b, spec, program.Name(), data))
	}
	b.ReportAllocs()
	least := quiet.Least(b, measurements...)
	b.ReportMetric(least[0]/n, "ns/"+unit)
	if len(least) > 1 {
		b.ReportMetric(least[1]/n, "jit-ns/"+unit)
		b.ReportMetric(least[0]/least[1], "x-jit")
	}
}

// kernelBatch fills the map of a program and measures the program in the kernel.
func kernelBatch(b *testing.B, spec *ebpf.CollectionSpec, name string, data []byte) func() float64 {
	coll, err := ebpf.NewCollection(spec)
	require.NoError(b, err)
	b.Cleanup(coll.Close)
	if m := coll.Maps["m"]; m != nil {
		var value any = uint64(0)
		if m.Type() == ebpf.PerCPUArray || m.Type() == ebpf.PerCPUHash {
			value = make([]uint64, ebpf.MustPossibleCPU())
		}
		key := make([]byte, m.KeySize())
		for i := range uint32(benchEntries) {
			binary.LittleEndian.PutUint32(key, i)
			require.NoError(b, m.Put(key, value))
		}
	}
	run := func(repeat int) time.Duration {
		_, each, err := coll.Programs[name].Benchmark(data, repeat, func() {})
		require.NoError(b, err)
		return each
	}
	n := max(1, int(20*time.Microsecond/max(1, run(100))))
	return func() float64 { return float64(run(n)) }
}
