package probe_test

import (
	"strings"
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
		"kprobe/vfs_unlink":      {},
		"kretprobe/vfs_unlink":   {},
		"kprobe/vfs_unlink+4":    {},
		"?kprobe/vfs_unlink":     {},
		"kprobe/do_unlinkat":     {"lint/probe-moves -1: do_unlinkat is a function of Linux 5.10, 6.1, 6.12, 6.18, not of 7.2"},
		"kprobe/blk_account_io":  missing("blk_account_io"),
		"kprobe/no_such_fn.isra": missing("no_such_fn.isra"),
		"kprobe.multi/no_such_*": {},
		"uprobe/usr/bin/no_such": {},
		"kprobe":                 {},
	} {
		require.Equal(t, want, run(t, to, section, 0), section)
	}
}

// A list of symbols tells static functions, copies and names of several.
func TestProbedSymbol(t *testing.T) {
	symbols, err := linux.ReadSymbols(strings.NewReader(`ffffffff81000000 T vfs_unlink
ffffffff81000010 t do_unlinkat
ffffffff81000020 t kill_super
ffffffff81000030 t kill_super
ffffffff81000040 t read_block.isra.0
ffffffff81000050 t read_block.part.0.isra.0	[ext4]
ffffffff81000060 D some_data
ffffffff81000070 t cold_path.cold
`))
	require.NoError(t, err)
	to := &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll, Symbols: symbols}
	for function, want := range map[string][]string{
		"vfs_unlink":  {},
		"do_unlinkat": {"lint/probe-static -1: do_unlinkat is static: other builds of the kernel may inline it or give it another name"},
		"kill_super":  {"lint/probe-ambiguous -1: the symbols list 2 functions of the name kill_super"},
		"read_block": {"lint/probe-target -1: the symbols list no function read_block, only what the compiler made of it: " +
			"read_block.isra.0, read_block.part.0.isra.0"},
		"some_data": {"lint/probe-target -1: the symbols list no function some_data: it is inlined, renamed or of a module"},
		"cold_path": {"lint/probe-target -1: the symbols list no function cold_path: it is inlined, renamed or of a module"},
	} {
		require.Equal(t, want, run(t, to, "kprobe/"+function, 0), function)
	}
}

func TestVersionSection(t *testing.T) {
	old := &prog.Target{Kernel: linux.Version{Major: 4, Minor: 19}, Caps: linux.CapAll}
	require.Equal(t, []string{`lint/probe-version -1: the object has no section "version", which this kernel compares with its own`},
		run(t, old, "kprobe", 0))
	require.Empty(t, run(t, old, "kprobe", 4<<16|19<<8))
	require.Empty(t, run(t, &prog.Target{Kernel: linux.V5_10, Caps: linux.CapAll}, "kprobe", 0))
}
