package absint_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// capsCase is a program and the capabilities that it is loaded with.
type capsCase struct {
	name  string
	typ   ebpf.ProgramType
	caps  linux.Caps
	insns asm.Instructions
}

// capsVerdict is what a kernel that mitigates Spectre said, one line of
// testdata/caps.jsonl.
type capsVerdict struct {
	Kernel  string `json:"kernel"`
	Name    string `json:"name"`
	Errno   string `json:"errno"` // empty when accepted
	Message string `json:"message"`
	Insn    int    `json:"insn"`
}

var smallArray = &ebpf.MapSpec{Name: "small", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1}
var largeArray = &ebpf.MapSpec{Name: "large", Type: ebpf.Array, KeySize: 4, ValueSize: 48, MaxEntries: 1}

// element leaves a map's first element in R0, or leaves the program.
func element(name string) asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.LoadMapPtr(asm.R1, 0).WithReference(name),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
	}
}

func join(parts ...asm.Instructions) (all asm.Instructions) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return append(all, asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return())
}

// random puts a random number below a power of two into a register.
func random(dst asm.Register, mask int32) asm.Instructions {
	return asm.Instructions{asm.FnGetPrandomU32.Call(), asm.And.Imm(asm.R0, mask), asm.Mov.Reg(dst, asm.R0)}
}

var kept = asm.Instructions{asm.Mov.Reg(asm.R6, asm.R0)} // R0 survives calls in R6

var capsCases = []capsCase{
	{"pointer returned", ebpf.SocketFilter, linux.CapBPF, asm.Instructions{asm.Mov.Reg(asm.R0, asm.RFP), asm.Return()}},
	{"pointer returned with CAP_PERFMON", ebpf.SocketFilter, linux.CapBPF | linux.CapPerfmon,
		asm.Instructions{asm.Mov.Reg(asm.R0, asm.RFP), asm.Return()}},
	{"pointer into a map", ebpf.SocketFilter, linux.CapNone, join(element("small"),
		asm.Instructions{asm.StoreMem(asm.R0, 0, asm.RFP, asm.DWord)})},
	{"pointer into the context", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.StoreMem(asm.R1, 48, asm.R1, asm.Word)})},
	{"pointers compared", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.JEq.Reg(asm.R1, asm.RFP, "out")})},
	{"pointer in 32 bits", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.Mov.Reg32(asm.R2, asm.R1)})},
	{"pointers subtracted", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.Sub.Reg(asm.R1, asm.RFP)})},
	{"stack before it is written", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.LoadMem(asm.R2, asm.RFP, -8, asm.DWord)})},
	{"stack written in half", ebpf.SocketFilter, linux.CapBPF, join(asm.Instructions{
		asm.StoreImm(asm.RFP, -8, 1, asm.Word), asm.LoadMem(asm.R2, asm.RFP, -8, asm.DWord)})},
	{"stack at a variable offset", ebpf.SocketFilter, linux.CapNone, join(random(asm.R6, 7), asm.Instructions{
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -16), asm.Add.Reg(asm.R2, asm.R6)})},
	{"element at an offset of one path", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, random(asm.R7, 7),
		asm.Instructions{asm.Add.Reg(asm.R6, asm.R7), asm.LoadMem(asm.R2, asm.R6, 0, asm.Byte)})},
	{"elements of two maps", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, element("large"), asm.Instructions{
		asm.Mov.Reg(asm.R7, asm.R0), asm.FnGetPrandomU32.Call(), asm.Mov.Reg(asm.R8, asm.R0), asm.And.Imm(asm.R8, 7),
		asm.JGT.Imm(asm.R0, 9, "add"), asm.Add.Imm(asm.R7, 8), asm.Mov.Reg(asm.R6, asm.R7),
		asm.Add.Reg(asm.R6, asm.R8).WithSymbol("add"), asm.StoreImm(asm.R6, 0, 1, asm.Byte)})},
	{"element or number", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, random(asm.R7, 7), asm.Instructions{
		asm.JGT.Imm(asm.R0, 3, "add"), asm.Mov.Imm(asm.R6, 1), asm.Add.Reg(asm.R6, asm.R7).WithSymbol("add")})},
	{"offset of either sign", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, random(asm.R7, 7), asm.Instructions{
		asm.Sub.Imm(asm.R7, 4), asm.Add.Imm(asm.R6, 8), asm.Add.Reg(asm.R6, asm.R7)})},
	{"element beyond its end", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, asm.Instructions{asm.Add.Imm(asm.R6, 16)})},
	{"context moved by a register", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.Mov.Imm(asm.R2, 0), asm.Add.Reg(asm.R1, asm.R2)})},
	{"number moved by the context", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{asm.Mov.Imm(asm.R2, 0), asm.Add.Reg(asm.R2, asm.R1)})},
	// The branch is never taken; a processor may follow it nevertheless.
	{"mispredicted load", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{
		asm.Mov.Imm(asm.R2, 1), asm.JEq.Imm(asm.R2, 1, "out"), asm.LoadMem(asm.R3, asm.R2, 0, asm.DWord)})},
	{"mispredicted load with CAP_PERFMON", ebpf.SocketFilter, linux.CapBPF | linux.CapPerfmon, join(asm.Instructions{
		asm.Mov.Imm(asm.R2, 1), asm.JEq.Imm(asm.R2, 1, "out"), asm.LoadMem(asm.R3, asm.R2, 0, asm.DWord)})},
	// The mask makes the offset zero on the way to the second load.
	{"masked offset", ebpf.SocketFilter, linux.CapNone, join(element("small"), kept, random(asm.R7, 7), asm.Instructions{
		asm.Add.Imm(asm.R7, 1), asm.Add.Reg(asm.R6, asm.R7), asm.Sub.Imm(asm.R6, 1), asm.LoadMem(asm.R2, asm.R6, 0, asm.Byte)})},
	// A store to the stack ends speculation since Linux 6.17.
	{"load behind a spill", ebpf.SocketFilter, linux.CapNone, join(asm.Instructions{
		asm.Mov.Imm(asm.R2, 1), asm.JEq.Imm(asm.R2, 1, "out"), asm.StoreMem(asm.RFP, -8, asm.R1, asm.DWord), asm.Div.Imm(asm.R2, 0)})},
	{"loop", ebpf.SocketFilter, linux.CapNone, asm.Instructions{
		asm.Mov.Imm(asm.R0, 0), asm.Add.Imm(asm.R0, 1).WithSymbol("again"), asm.JLT.Imm(asm.R0, 4, "again"), asm.Return()}},
	{"loop with CAP_BPF", ebpf.SocketFilter, linux.CapBPF, asm.Instructions{
		asm.Mov.Imm(asm.R0, 0), asm.Add.Imm(asm.R0, 1).WithSymbol("again"), asm.JLT.Imm(asm.R0, 4, "again"), asm.Return()}},
	{"packet of a cgroup", ebpf.CGroupSKB, linux.CapNone, join(asm.Instructions{asm.LoadMem(asm.R2, asm.R1, 76, asm.Word)})},
	{"packet of a cgroup with CAP_BPF", ebpf.CGroupSKB, linux.CapBPF, join(asm.Instructions{asm.LoadMem(asm.R2, asm.R1, 76, asm.Word)})},
	{"helper of CAP_PERFMON", ebpf.SocketFilter, linux.CapBPF, join(asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, -8), asm.Mov.Imm(asm.R2, 8), asm.Mov.Imm(asm.R3, 0), asm.FnProbeReadKernel.Call()})},
	{"function without CAP_BPF", ebpf.SocketFilter, linux.CapNone, asm.Instructions{
		{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.Call), Src: asm.PseudoCall, Constant: 1}, asm.Return(), asm.Mov.Imm(asm.R0, 0), asm.Return()}},
	{"type without CAP_NET_ADMIN", ebpf.XDP, linux.CapBPF, join()},
	{"type without CAP_PERFMON", ebpf.Kprobe, linux.CapBPF | linux.CapNetAdmin, join()},
}

func (c *capsCase) program(t *testing.T, kernel linux.Version) *prog.Program {
	p, err := prog.FromInstructions(&prog.Target{Kernel: kernel, Caps: c.caps}, c.typ, c.insns, smallArray, largeArray)
	require.NoError(t, err)
	p.License = "GPL"
	return p
}

func capsVerdicts(t *testing.T) map[[2]string]capsVerdict {
	f, err := os.Open("testdata/caps.jsonl")
	require.NoError(t, err)
	defer f.Close()
	all := map[[2]string]capsVerdict{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v capsVerdict
		require.NoError(t, json.Unmarshal(lines.Bytes(), &v))
		all[[2]string{v.Kernel, v.Name}] = v
	}
	return all
}

func TestCaps(t *testing.T) {
	recorded := capsVerdicts(t)
	for _, kernel := range linux.Targets() {
		for i := range capsCases {
			c := &capsCases[i]
			t.Run(kernel.String()+"/"+c.name, func(t *testing.T) {
				want, ok := recorded[[2]string{kernel.String(), c.name}]
				require.True(t, ok, "no verdict is recorded")
				p := c.program(t, kernel)
				if r := precheck.Check(p); r != nil {
					require.Equal(t, want.Errno, r.Errno, r.Kernel)
					require.Equal(t, want.Message, r.Kernel)
					return
				}
				g, err := cfg.Build(p.Insns, cfg.Options{})
				require.NoError(t, err)
				r, err := absint.Verify(p, g, absint.Options{})
				require.NoError(t, err)
				require.Equal(t, want.Errno, r.Errno, r.Message)
				if want.Errno != "" {
					require.Equal(t, want.Message, r.Message)
					require.Equal(t, want.Insn, r.Insn)
				}
			})
		}
	}
}

// TestCapsLive asks the running kernel again. It prints the line to record
// where it disagrees.
func TestCapsLive(t *testing.T) {
	kernel, err := oracle.Open()
	if err != nil {
		t.Skip(err)
	}
	if state, err := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled"); err != nil || state[0] != '0' {
		t.Skip("kernel.unprivileged_bpf_disabled is not 0")
	}
	version := kernel.Version().String()
	recorded := capsVerdicts(t)
	for i := range capsCases {
		c := &capsCases[i]
		r, err := kernel.Load(c.program(t, kernel.Version()), oracle.Options{Caps: &c.caps})
		require.NoError(t, err)
		got := capsVerdict{version, c.name, r.Errno, r.Message, r.Insn}
		if want := recorded[[2]string{version, c.name}]; got != want {
			line, _ := json.Marshal(got)
			t.Errorf("%s", line)
		}
	}
}
