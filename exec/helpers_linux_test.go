package exec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// helperCase is a program that calls helpers and returns what they returned.
type helperCase struct {
	name  string
	typ   ebpf.ProgramType
	insns asm.Instructions
	maps  []*ebpf.MapSpec
}

// call loads R1 from R6, the context, and the other arguments as constants.
func call(fn asm.BuiltinFunc, args ...int32) asm.Instructions {
	list := asm.Instructions{asm.Mov.Reg(asm.R1, asm.R6)}
	for i, a := range args {
		list = append(list, asm.Mov.Imm(asm.R2+asm.Register(i), a))
	}
	return append(list, fn.Call())
}

// onStack puts words at R10-64 and points a register there.
func onStack(reg asm.Register, words ...int64) asm.Instructions {
	var list asm.Instructions
	for i := range 8 {
		w := int64(0)
		if i < len(words) {
			w = words[i]
		}
		list = append(list, asm.LoadImm(asm.R0, w, asm.DWord), asm.StoreMem(asm.R10, int16(-64+8*i), asm.R0, asm.DWord))
	}
	return append(list, asm.Mov.Reg(reg, asm.R10), asm.Add.Imm(reg, -64))
}

// sequence joins parts, keeps the context in R6 and returns R0.
func sequence(parts ...asm.Instructions) asm.Instructions {
	list := asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1), asm.Mov.Imm(asm.R7, 0)}
	for _, p := range parts {
		list = append(list, p...)
	}
	return append(list, asm.Return())
}

func words(text string) []int64 {
	var list []int64
	for b := []byte(text); len(b) > 0; b = b[min(8, len(b)):] {
		var w uint64
		for i, c := range b[:min(8, len(b))] {
			w |= uint64(c) << (8 * i)
		}
		list = append(list, int64(w))
	}
	return list
}

// packetCases call helpers that change the packet with arguments around the
// limits.
func packetCases() (list []helperCase) {
	add := func(typ ebpf.ProgramType, name string, parts ...asm.Instructions) {
		list = append(list, helperCase{name: fmt.Sprintf("%s %s", typ, name), typ: typ, insns: sequence(parts...)})
	}
	for _, n := range []int32{-300, -256, -216, -215, -14, -1, 0, 1, 20, 46, 47, 60, 61, 5000} {
		add(ebpf.XDP, fmt.Sprintf("adjust_head %d", n), call(asm.FnXdpAdjustHead, n))
		add(ebpf.XDP, fmt.Sprintf("adjust_tail %d", n), call(asm.FnXdpAdjustTail, n))
		add(ebpf.XDP, fmt.Sprintf("adjust_meta %d", n), call(asm.FnXdpAdjustMeta, n))
		add(ebpf.SchedCLS, fmt.Sprintf("change_tail %d", n), call(asm.FnSkbChangeTail, n, 0))
	}
	add(ebpf.XDP, "meta then head", call(asm.FnXdpAdjustMeta, -32), call(asm.FnXdpAdjustHead, -8))
	add(ebpf.XDP, "head too far for meta", call(asm.FnXdpAdjustMeta, -200), call(asm.FnXdpAdjustHead, -30))
	add(ebpf.XDP, "tail grows", call(asm.FnXdpAdjustTail, 100))
	for _, off := range []int32{0, 14, 52, 56, 57, 60, 70000} {
		add(ebpf.SchedCLS, fmt.Sprintf("load_bytes %d", off), onStack(asm.R3, -1),
			asm.Instructions{asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, off), asm.Mov.Imm(asm.R4, 4),
				asm.FnSkbLoadBytes.Call(), asm.LoadMem(asm.R1, asm.R10, -64, asm.Word), asm.Add.Reg(asm.R0, asm.R1)})
		add(ebpf.SchedCLS, fmt.Sprintf("store_bytes %d", off), onStack(asm.R3, 0x0807060504030201),
			asm.Instructions{asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, off), asm.Mov.Imm(asm.R4, 4),
				asm.Mov.Imm(asm.R5, 0), asm.FnSkbStoreBytes.Call()})
		add(ebpf.XDP, fmt.Sprintf("xdp_load_bytes %d", off), onStack(asm.R3, -1),
			asm.Instructions{asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, off), asm.Mov.Imm(asm.R4, 4),
				asm.FnXdpLoadBytes.Call(), asm.LoadMem(asm.R1, asm.R10, -64, asm.Word), asm.Add.Reg(asm.R0, asm.R1)})
		for _, flags := range []int32{0, 2, 4, 3, 0x10 | 2, 0x20 | 4} {
			add(ebpf.SchedCLS, fmt.Sprintf("l3_csum_replace %d %#x", off, flags), call(asm.FnL3CsumReplace, off, 0x1234, 0xfeed, flags))
			add(ebpf.SchedCLS, fmt.Sprintf("l4_csum_replace %d %#x", off, flags), call(asm.FnL4CsumReplace, off, 0x1234, 0xfeed, flags))
		}
	}
	for field := int16(0); field < 188; field += 4 {
		if field >= 76 && field < 84 || field >= 88 && field < 160 || field == 168 || field == 172 || field >= 180 {
			continue // pointers, and sockets' fields
		}
		add(ebpf.SchedCLS, fmt.Sprintf("field %d", field), asm.Instructions{asm.LoadMem(asm.R0, asm.R6, field, asm.Word)})
	}
	for field := int16(0); field < 20; field += 4 {
		load := asm.Instructions{asm.LoadMem(asm.R0, asm.R6, field, asm.Word)}
		if field < 12 {
			load = asm.Instructions{asm.LoadMem(asm.R0, asm.R6, 0, asm.Word), asm.LoadMem(asm.R1, asm.R6, 4, asm.Word),
				asm.Sub.Reg(asm.R1, asm.R0), asm.Mov.Reg(asm.R0, asm.R1)}
		}
		add(ebpf.XDP, fmt.Sprintf("field %d", field), load)
	}
	return list
}

// textCases call helpers that read and write text.
func textCases() (list []helperCase) {
	for _, text := range []string{"42", "-42", " 7x", "0x1f", "017", "", "-", "99999999999999999999", "9223372036854775808", "-9223372036854775808", "0x", "08", "+1"} {
		for _, base := range []int32{0, 8, 10, 16, 7} {
			for name, fn := range map[string]asm.BuiltinFunc{"strtol": asm.FnStrtol, "strtoul": asm.FnStrtoul} {
				list = append(list, helperCase{
					name: fmt.Sprintf("%s %q %d", name, text, base), typ: ebpf.CGroupSysctl,
					insns: sequence(onStack(asm.R1, words(text)...), asm.Instructions{
						asm.Mov.Imm(asm.R2, 21), asm.Mov.Imm(asm.R3, base), asm.Mov.Reg(asm.R4, asm.R10),
						asm.Add.Imm(asm.R4, -8), fn.Call(), asm.LoadMem(asm.R1, asm.R10, -8, asm.DWord),
						asm.Mul.Imm(asm.R0, 1000003), asm.Add.Reg(asm.R0, asm.R1)}),
				})
			}
		}
	}
	for _, flags := range []int32{0, 4, 8, 12, 3} {
		list = append(list, helperCase{
			name: fmt.Sprintf("csum_diff %d", flags), typ: ebpf.SchedCLS,
			insns: sequence(onStack(asm.R1, 0x0123456789abcdef, -2, 77), asm.Instructions{
				asm.Mov.Imm(asm.R2, flags), asm.Mov.Reg(asm.R3, asm.R1), asm.Add.Imm(asm.R3, 12),
				asm.Mov.Imm(asm.R4, 8), asm.Mov.Imm(asm.R5, 0x7fffff0), asm.FnCsumDiff.Call()}),
		})
	}
	return list
}

func helperCases() []helperCase {
	var list []helperCase
	for _, c := range append(packetCases(), textCases()...) {
		if c.typ == ebpf.CGroupSysctl {
			continue // BPF_PROG_TEST_RUN does not run that type
		}
		list = append(list, c)
	}
	return list
}

const helpersFile = "testdata/helpers.txt"

// TestHelpers compares what programs that call helpers return, and the packet
// that they leave, with a kernel's.
func TestHelpers(t *testing.T) {
	var kernel *oracle.Kernel
	if !testing.Short() {
		var err error
		if kernel, err = oracle.Open(); err != nil {
			t.Logf("no kernel to ask: %v", err)
		}
	}
	text, err := os.ReadFile(helpersFile)
	if !*update {
		require.NoError(t, err)
	}
	var lines strings.Builder
	packet := append(packets()[0], make([]byte, 10)...)
	for _, c := range helperCases() {
		p, err := prog.FromInstructions(&prog.Target{}, c.typ, c.insns, c.maps...)
		require.NoError(t, err, c.name)
		program, err := exec.New(exec.Config{}).Load(p)
		require.NoError(t, err, c.name)
		out, err := program.Run(exec.Input{Data: packet})
		require.NoError(t, err, c.name)
		line := fmt.Sprintf("%s: %#x %x", c.name, out.Return, out.Data)
		if kernel != nil {
			if want := helperLive(t, kernel, c.name, p, packet); want != line {
				t.Errorf("got  %s\nwant %s", line, want)
			}
		}
		lines.WriteString(line + "\n")
	}
	if *update && kernel != nil && !t.Failed() {
		require.NoError(t, os.WriteFile(helpersFile, []byte(lines.String()), 0o644))
		return
	}
	if !t.Failed() {
		require.Equal(t, string(text), lines.String(), "not what a kernel was seen to answer")
	}
}

func helperLive(t *testing.T, k *oracle.Kernel, name string, p *prog.Program, packet []byte) string {
	r, err := k.Load(p, oracle.Options{Keep: true})
	require.NoError(t, err, name)
	require.NotNil(t, r.Prog, "%s: %s", name, r.Message)
	defer r.Prog.Close()
	out, err := r.Prog.Run(oracle.RunInput{Data: packet, DataOut: 8192})
	require.NoError(t, err, name)
	return fmt.Sprintf("%s: %#x %x", name, out.Return, out.Data)
}
