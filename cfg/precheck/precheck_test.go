package precheck_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// compare says how our verdict on a program differs from a kernel's; "" when it
// does not. What exploration finds is not compared, but that we have not
// overlooked anything that comes before it.
func compare(kernel linux.Version, c ask.Case, want ask.Answer) string {
	if strings.Contains(want.Message, "not pointing to valid bpf_map") {
		return "" // depends on the process's descriptors
	}
	target := &prog.Target{Kernel: kernel, Caps: c.Caps}
	p := prog.FromSlots(target, c.Type, c.Insns, &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	r := precheck.Check(p)
	if r == nil && (want.Errno == "" || foundAfterwards(want.Message)) {
		var use []precheck.FuncUse
		for _, depth := range precheck.MinStack(p) {
			use = append(use, precheck.FuncUse{Stack: depth})
		}
		r = precheck.CheckStack(p, use, nil)
	}
	switch {
	case r == nil && (want.Errno == "EPERM" && want.Message == "" || foundBefore(want.Message) || foundAfterwards(want.Message)):
		return "accepted"
	case r != nil && (r.Errno != want.Errno || r.Kernel != want.Message):
		return r.Errno + " " + r.Kernel
	}
	return ""
}

// earlyMessages begin what kernels say before they explore.
var earlyMessages = []string{
	"unknown opcode", "jump out of range", "unreachable insn", "back-edge", "last insn is not", "jump into the middle",
	"invalid bpf_ld_imm64", "unrecognized bpf_ld_imm64", "call to invalid destination", "too many", "BPF_LDX uses reserved",
	"number of funcs", "LD_ABS is", "tail_call is", "loading/calling other", "function calls to other", "recursive call", "no jump tables",
}

func foundBefore(message string) bool {
	for _, s := range earlyMessages {
		if strings.HasPrefix(message, s) {
			return true
		}
	}
	return false
}

// foundAfterwards reports whether a message is about sums over call chains. The
// exclamation mark tells the depth of calls from what exploration says of it.
func foundAfterwards(message string) bool {
	return strings.HasPrefix(message, "combined stack size") || strings.HasPrefix(message, "stack size of subprog") ||
		strings.HasPrefix(message, "the call stack of") && strings.HasSuffix(message, "!")
}

// needsTypes are messages about the kernel's BTF, which these targets lack.
func needsTypes(message string) bool {
	return strings.Contains(message, "BTF for kernel function") || strings.Contains(message, "btf_id") || strings.Contains(message, "BTF object")
}

func TestRecorded(t *testing.T) {
	f, err := os.Open("testdata/recorded.jsonl")
	require.NoError(t, err)
	defer f.Close()
	count := 0
	for lines := bufio.NewScanner(f); lines.Scan(); count++ {
		var r ask.Recorded
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		raw, err := hex.DecodeString(r.Insns)
		require.NoError(t, err)
		insns, err := cfg.Decode(raw, binary.LittleEndian)
		require.NoError(t, err)
		for _, v := range linux.Targets() {
			want, ok := r.Verdicts[v.String()]
			if !ok || needsTypes(want.Message) {
				continue
			}
			c := ask.Case{Insns: insns, Type: r.Type, Caps: linux.CapAll}
			if r.Caps != "" {
				c.Caps, err = linux.ParseCaps(r.Caps)
				require.NoError(t, err)
			}
			if got := compare(v, c, want); got != "" {
				t.Errorf("line %d on %s: %s\nthe kernel says: %s %s\n%s", count+1, v, got, want.Errno, want.Message, listing(insns))
			}
		}
	}
	require.Greater(t, count, 500)
}

func listing(insns []cfg.Insn) string {
	var s strings.Builder
	for i := range insns {
		s.WriteString(cfg.Disasm(insns, i) + "\n")
	}
	return s.String()
}
