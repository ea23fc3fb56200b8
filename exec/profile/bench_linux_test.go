package profile_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/quiet"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/internal/upward"
)

// BenchmarkProfile is what a profile costs, on a program that does little but
// call a function, on one that looks up a map for each packet, on one that does
// both, and on a real one: they run with a profile and without by turns.
func BenchmarkProfile(b *testing.B) {
	b.Run("calls", func(b *testing.B) { compare(b, calls(), "calls") })
	list := []struct{ file, program string }{
		{"../../testdata/objects/xdp_count_protocols.bpf.o", "count"},
		{"../../testdata/objects/xdp_functions.bpf.o", "balance"},
	}
	if file, ok := upward.Find("shared/corpus/objects/debian-tools/xdpfilt_dny_all.o"); ok {
		list = append(list, struct{ file, program string }{file, "xdpfilt_dny_all"})
	}
	for _, p := range list {
		spec, err := ebpf.LoadCollectionSpec(p.file)
		require.NoError(b, err)
		b.Run(p.program, func(b *testing.B) { compare(b, spec, p.program) })
	}
}

// calls is a program that calls a function of four instructions 200 times.
func calls() *ebpf.CollectionSpec {
	return &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"calls": {
		Name: "calls", Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{
			asm.Mov.Imm(asm.R6, 200).WithSymbol("calls"),
			asm.Mov.Imm(asm.R7, 0),
			asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("again"),
			asm.Mov.Reg(asm.R2, asm.R7),
			asm.Call.Label("mix"),
			asm.Mov.Reg(asm.R7, asm.R0),
			asm.Sub.Imm(asm.R6, 1),
			asm.JNE.Imm(asm.R6, 0, "again"),
			asm.Mov.Reg(asm.R0, asm.R7),
			asm.Return(),
			asm.Mov.Reg(asm.R0, asm.R1).WithSymbol("mix"),
			asm.Mul.Imm(asm.R0, 40503),
			asm.Xor.Reg(asm.R0, asm.R2),
			asm.Return(),
		},
	}}}
}

// compare measures a program with a profile and without.
func compare(b *testing.B, spec *ebpf.CollectionSpec, name string) {
	recorder := profile.New(profile.Options{Packet: true})
	recorder.Start()
	defer recorder.Stop()
	off, on := runs(b, spec, name, nil), runs(b, spec, name, recorder)
	b.ReportAllocs()
	least := quiet.Least(b, on, off)
	b.ReportMetric(least[1], "off-ns/op")
	b.ReportMetric(least[0]/least[1], "x-off")
}

// runs measures a program with an observer.
func runs(b *testing.B, spec *ebpf.CollectionSpec, name string, observer exec.Observer) func() float64 {
	machine := exec.New(exec.Config{Observer: observer})
	program, err := machine.LoadSpec(spec.Copy(), name, target.New(linux.DefaultTarget(), linux.CapAll, ""))
	require.NoError(b, err)
	const repeat = 16 // so that it is the program that is measured
	in, out := exec.Input{Data: udp(), Repeat: repeat}, exec.Output{}
	batch := quiet.Batch(func() {
		if err := program.RunInto(&in, &out); err != nil {
			b.Fatal(err)
		}
	})
	return func() float64 { return batch() / repeat }
}
