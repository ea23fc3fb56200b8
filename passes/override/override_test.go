package override_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/passes/override"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/prog"
)

var fails = asm.Instructions{asm.Mov.Imm(asm.R2, -12), asm.FnOverrideReturn.Call(), asm.Mov.Imm(asm.R0, 0), asm.Return()}

func probe(section, function string, insns ...asm.Instruction) *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{
		Name: "test", SectionName: section + "/" + function, AttachTo: function, Type: ebpf.Kprobe, License: "GPL",
		Instructions: append(asm.Instructions{}, append(insns, fails...)...),
	}
}

func TestOverride(t *testing.T) {
	array := &ebpf.MapSpec{Name: "stages", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	for _, tt := range []struct {
		name string
		spec *ebpf.ProgramSpec
		want []string
	}{
		{"listed", probe("kprobe", "should_failslab"), nil},
		{"a system call", probe("kprobe", "__x64_sys_mount"), nil},
		{"not listed", probe("kprobe", "do_unlinkat"),
			[]string{"lint/override-target 1: do_unlinkat is not known to allow error injection"}},
		{"at return", probe("kretprobe", "should_failslab"),
			[]string{"lint/override-entry 1: a kretprobe cannot override the result of a function"}},
		{"inside", probe("kprobe", "should_failslab+8"),
			[]string{"lint/override-entry 1: a probe inside of a function cannot override the result of a function"}},
		{"with a program array", probe("kprobe", "should_failslab", asm.LoadMapPtr(asm.R3, 0).WithReference("stages")),
			[]string{"override/program-array 3: a program that calls bpf_override_return cannot use the program array stages"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.ElementsMatch(t, tt.want, passtest.Run(t, override.Analyzer, linux.V6_18, tt.spec, array))
		})
	}
}

// The list is that of the target kernel.
func TestOverrideByKernel(t *testing.T) {
	for _, tt := range []struct {
		function string
		kernels  string // y or n in the order of Targets
	}{
		{"should_failslab", "yyyyy"}, {"bpf_modify_return_test", "yynnn"}, {"__filemap_add_folio", "nyyyy"},
		{"mtd_read", "nnyyy"}, {"__ia32_compat_sys_ioctl", "yyyyy"}, {"vfs_read", "nnnnn"},
	} {
		for i, v := range linux.Targets() {
			found := passtest.Run(t, override.Analyzer, v, probe("kprobe", tt.function))
			require.Equal(t, tt.kernels[i] == 'y', len(found) == 0, "%s on %s: %v", tt.function, v, found)
		}
	}
}

// The whole suite, for kernels with and without the helper. No measured kernel
// has it, so that these verdicts are those of the documentation.
func TestOverrideVerdicts(t *testing.T) {
	noGPL := probe("kprobe", "should_failslab")
	noGPL.License = "Proprietary"
	for _, tt := range []struct {
		name    string
		injects func(string) bool
		spec    *ebpf.ProgramSpec
		message string
	}{
		{"accepted", linux.V6_18.InjectsErrors, probe("kprobe", "should_failslab"), ""},
		{"licence", linux.V6_18.InjectsErrors, noGPL, "cannot call GPL-restricted function from non-GPL compatible program"},
		{"not built in", nil, probe("kprobe", "should_failslab"), "program of this type cannot use helper bpf_override_return#58"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := analysis.Run(
				[]analysis.Object{{Spec: &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"test": tt.spec}}}},
				analysis.Config{Suite: passes.Suite(), Target: &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll, Injects: tt.injects}},
			)
			require.NoError(t, err)
			require.Equal(t, tt.message, res.Objects[0].Programs[0].Message)
		})
	}
}
