package probe_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/passes/probe"
	"github.com/bpflint/bpflint/prog"
)

func run(t *testing.T, to *prog.Target, section string, version uint32) []string {
	return passtest.RunCollection(t, probe.Analyzer, to, &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"test": {
		Name: "test", SectionName: section, Type: ebpf.Kprobe, License: "GPL", KernelVersion: version,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	}}})
}

func TestProbedFunction(t *testing.T) {
	to := target.New(linux.V6_18, linux.CapAll, "")
	missing := func(name string) []string {
		return []string{"lint/probe-target -1: the types of Linux 6.18 list no function " + name + ": it may be inlined, renamed or of a module"}
	}
	for section, want := range map[string][]string{
		"kprobe/do_unlinkat":     {},
		"kretprobe/do_unlinkat":  {},
		"kprobe/do_unlinkat+4":   {},
		"?kprobe/do_unlinkat":    {},
		"kprobe/blk_account_io":  missing("blk_account_io"),
		"kprobe/no_such_fn.isra": missing("no_such_fn.isra"),
		"kprobe.multi/no_such_*": {},
		"uprobe/usr/bin/no_such": {},
		"kprobe":                 {},
	} {
		require.Equal(t, want, run(t, to, section, 0), section)
	}
}

func TestVersionSection(t *testing.T) {
	old := &prog.Target{Kernel: linux.Version{Major: 4, Minor: 19}, Caps: linux.CapAll}
	require.Equal(t, []string{`lint/probe-version -1: the object has no section "version", which this kernel compares with its own`},
		run(t, old, "kprobe", 0))
	require.Empty(t, run(t, old, "kprobe", 4<<16|19<<8))
	require.Empty(t, run(t, &prog.Target{Kernel: linux.V5_10, Caps: linux.CapAll}, "kprobe", 0))
}
