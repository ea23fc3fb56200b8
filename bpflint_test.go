package bpflint_test

import (
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/load"
)

func one(p *ebpf.ProgramSpec) *ebpf.CollectionSpec {
	p.Name = "p"
	return &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"p": p}}
}

// check judges one program for the default kernel, unless o says otherwise.
func check(t *testing.T, p *ebpf.ProgramSpec, o bpflint.Options) *analysis.ProgramResult {
	t.Helper()
	res, err := bpflint.Check(one(p), o)
	require.NoError(t, err)
	require.Len(t, res.Programs, 1)
	return res.Programs[0]
}

// What a verdict depends on beside the instructions.
func TestCheckHonours(t *testing.T) {
	gplCall := asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.R10), asm.Add.Imm(asm.R1, -8), asm.Mov.Imm(asm.R2, 8), asm.Mov.Imm(asm.R3, 0),
		asm.FnProbeReadKernel.Call(), asm.Mov.Imm(asm.R0, 0), asm.Return(),
	}
	adjust := asm.Instructions{asm.Mov.Imm(asm.R2, 0), asm.FnXdpAdjustHead.Call(), asm.Mov.Imm(asm.R0, 0), asm.Return()}
	readStack := asm.Instructions{
		asm.StoreImm(asm.R10, -8, 0, asm.Word), asm.LoadMem(asm.R0, asm.R10, -8, asm.Word), asm.Mov.Imm(asm.R0, 0), asm.Return(),
	}
	result := func(v int32) asm.Instructions { return asm.Instructions{asm.Mov.Imm(asm.R0, v), asm.Return()} }

	for _, tt := range []struct {
		name    string
		program ebpf.ProgramSpec
		options bpflint.Options
		verdict analysis.Verdict
		message string
	}{
		{"the licence: GPL", ebpf.ProgramSpec{Type: ebpf.Kprobe, License: "GPL", Instructions: gplCall}, bpflint.Options{}, analysis.VerdictAccept, ""},
		{"the licence: MIT", ebpf.ProgramSpec{Type: ebpf.Kprobe, License: "MIT", Instructions: gplCall}, bpflint.Options{}, analysis.VerdictReject, "cannot call GPL-restricted function from non-GPL compatible program"},
		{"the type: xdp", ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: adjust}, bpflint.Options{}, analysis.VerdictAccept, ""},
		{"the type: socket filter", ebpf.ProgramSpec{Type: ebpf.SocketFilter, License: "GPL", Instructions: adjust}, bpflint.Options{}, analysis.VerdictReject, "program of this type cannot use helper bpf_xdp_adjust_head#44"},
		{"the attach type: any result", ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: result(77)}, bpflint.Options{}, analysis.VerdictAccept, ""},
		{"the attach type: 0 or 1", ebpf.ProgramSpec{Type: ebpf.CGroupSockAddr, AttachType: ebpf.AttachCGroupInet4Connect, License: "GPL", Instructions: result(2)}, bpflint.Options{}, analysis.VerdictReject, "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]"},
		{"the kernel: no such program type", ebpf.ProgramSpec{Type: ebpf.Netfilter, AttachType: ebpf.AttachNetfilter, License: "GPL", Instructions: result(1)}, bpflint.Options{Kernel: "6.1"}, analysis.VerdictReject, "Linux 6.1 has no programs of type Netfilter"},
		{"no BTF at all", ebpf.ProgramSpec{Type: ebpf.SocketFilter, Instructions: readStack}, bpflint.Options{StrictAlignment: true, StateFreq: true}, analysis.VerdictAccept, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := check(t, &tt.program, tt.options)
			require.Equal(t, tt.verdict, p.Verdict, p.Message)
			if tt.message != "" {
				require.Equal(t, tt.message, p.Message)
			}
		})
	}
}

func TestCheckRejectsOptions(t *testing.T) {
	spec := one(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}})
	for _, tt := range []struct {
		spec    *ebpf.CollectionSpec
		options bpflint.Options
		want    string
	}{
		{nil, bpflint.Options{}, "bpflint: no collection"},
		{spec, bpflint.Options{Kernel: "5.15"}, "bpflint: kernel 5.15 is not modelled"},
		{spec, bpflint.Options{Caps: "root"}, `bpflint: unknown capability "ROOT"`},
		{spec, bpflint.Options{Programs: []string{"q"}}, `bpflint: no object has a program "q"`},
		{spec, bpflint.Options{Enable: []string{"q"}}, `bpflint: no analyzer is named "q"`},
	} {
		_, err := bpflint.Check(tt.spec, tt.options)
		require.ErrorContains(t, err, tt.want)
	}
	res, err := bpflint.Check(spec, bpflint.Options{})
	require.NoError(t, err)
	require.NotNil(t, res.Program("p"))
	require.Nil(t, res.Program("q"))
	require.Contains(t, bpflint.Kernels(), bpflint.DefaultKernel())
}

// However many programs are judged at a time, the results are the same; run it
// with -race.
func TestCheckIsDeterministic(t *testing.T) {
	programs := 0
	for object := range load.Find([]string{filepath.Join("testdata", "objects")}, load.Options{}) {
		require.NoError(t, object.Err)
		var first []*analysis.ProgramResult
		for _, jobs := range []int{1, 8} {
			res, err := bpflint.Check(object.Spec, bpflint.Options{Kernel: "6.1", Jobs: jobs})
			require.NoError(t, err)
			for _, p := range res.Programs {
				p.Stats.VerificationNanos = 0
				require.NotContains(t, p.Message, "internal error")
			}
			if first == nil {
				first = res.Programs
			}
			require.Equal(t, first, res.Programs, object.Name)
		}
		programs += len(first)
	}
	require.NotZero(t, programs)
}
