package exec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// packets are what programs are fed with.
func packets() [][]byte {
	ether := func(proto uint16, payload ...byte) []byte {
		p := append([]byte{0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2}, byte(proto>>8), byte(proto))
		return append(p, payload...)
	}
	ip := func(proto byte, payload ...byte) []byte {
		h := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
		binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(payload)))
		return append(h, payload...)
	}
	ports := []byte{0x30, 0x39, 0, 80}
	udp := append(append([]byte{}, ports...), 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	tcp := append(append([]byte{}, ports...), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0)
	six := append([]byte{0x60, 0, 0, 0, 0, 16, 17, 64}, make([]byte, 32)...)
	return [][]byte{
		ether(0x0800, ip(17, udp...)...),
		ether(0x0800, ip(6, tcp...)...),
		ether(0x0800, ip(1, 8, 0, 0, 0, 0, 1, 0, 1)...),
		ether(0x86dd, append(six, udp...)...),
		ether(0x8100, append([]byte{0, 5, 8, 0}, ip(17, udp...)...)...),
		ether(0x0806, make([]byte, 28)...),
		bytes.Repeat([]byte{0xff}, 60),
	}
}

// helperCase is a program that calls helpers and returns what they returned.
type helperCase struct {
	name  string
	typ   ebpf.ProgramType
	insns asm.Instructions
	maps  []*ebpf.MapSpec
	// packet is an index into packets.
	packet int
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
			for _, fn := range []asm.BuiltinFunc{asm.FnStrtol, asm.FnStrtoul} {
				list = append(list, helperCase{
					name: fmt.Sprintf("%s %q %d", fn, text, base), typ: ebpf.SchedCLS,
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

// mapCases call helpers on maps, and functions through helpers.
func mapCases() []helperCase {
	one := func(typ ebpf.MapType, key, value, entries uint32) []*ebpf.MapSpec {
		return []*ebpf.MapSpec{{Name: "m", Type: typ, KeySize: key, ValueSize: value, MaxEntries: entries}}
	}
	m := func(reg asm.Register) asm.Instruction { return asm.LoadMapPtr(reg, 0).WithReference("m") }
	on := func(reg asm.Register, fn asm.BuiltinFunc, rest ...asm.Instruction) asm.Instructions {
		list := append(asm.Instructions{m(asm.R1), asm.Mov.Reg(reg, asm.R10), asm.Add.Imm(reg, -64)}, rest...)
		return append(append(list, fn.Call()), note...)
	}
	flags := func(f int32) asm.Instruction { return asm.Mov.Imm(asm.R3, f) }
	var queue []asm.Instructions
	for _, f := range []int32{0, 0, 0, 2, 1, 4} {
		queue = append(queue, onStack(asm.R2, int64(f)+5), on(asm.R2, asm.FnMapPushElem, flags(f)))
	}
	for range 4 {
		queue = append(queue, on(asm.R2, asm.FnMapPeekElem), on(asm.R2, asm.FnMapPopElem),
			asm.Instructions{asm.LoadMem(asm.R0, asm.R10, -64, asm.DWord)}, note)
	}
	result := asm.Instructions{asm.Mov.Reg(asm.R0, asm.R7)}
	queue = append(queue, result)
	output := func(size, f int32) asm.Instructions {
		return on(asm.R2, asm.FnRingbufOutput, asm.Mov.Imm(asm.R3, size), asm.Mov.Imm(asm.R4, f))
	}
	query := func(what int32) asm.Instructions {
		return append(asm.Instructions{m(asm.R1), asm.Mov.Imm(asm.R2, what), asm.FnRingbufQuery.Call()}, note...)
	}
	ring := []asm.Instructions{
		onStack(asm.R2, 1, 2, 3), output(8, 0), output(13, 1), output(20, 2), output(8, 4),
		query(0), query(1), query(2), query(3), query(4), result,
	}
	return []helperCase{
		{name: "queue", typ: ebpf.SchedCLS, insns: sequence(queue...), maps: one(ebpf.Queue, 0, 8, 3)},
		{name: "stack", typ: ebpf.SchedCLS, insns: sequence(queue...), maps: one(ebpf.Stack, 0, 8, 3)},
		{name: "ring", typ: ebpf.SchedCLS, insns: sequence(ring...), maps: one(ebpf.RingBuf, 0, 0, 4096)},
		{name: "tail call misses", typ: ebpf.SchedCLS, insns: sequence(asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.R6), m(asm.R2), asm.Mov.Imm(asm.R3, 0), asm.FnTailCall.Call(), asm.Mov.Imm(asm.R0, 7),
		}), maps: one(ebpf.ProgramArray, 4, 4, 2)},
	}
}

// TestLoop calls a function until it returns 1; a kernel would want BTF for
// that, which instructions alone do not have.
func TestLoop(t *testing.T) {
	loop := asm.Instructions{
		asm.Mov.Imm(asm.R1, 10),
		asm.LoadImm(asm.R2, 0, asm.DWord).WithReference("body"),
		asm.StoreMem(asm.R10, -8, asm.R7, asm.DWord),
		asm.Mov.Reg(asm.R3, asm.R10), asm.Add.Imm(asm.R3, -8),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.LoadMem(asm.R1, asm.R10, -8, asm.DWord),
		asm.Mul.Imm(asm.R0, 1000), asm.Add.Reg(asm.R0, asm.R1),
	}
	loop[1].Src, loop[1].Constant = asm.PseudoFunc, -1
	body := asm.Instructions{
		asm.LoadMem(asm.R3, asm.R2, 0, asm.DWord).WithSymbol("body"),
		asm.Add.Reg(asm.R3, asm.R1), asm.StoreMem(asm.R2, 0, asm.R3, asm.DWord),
		asm.Mov.Imm(asm.R0, 0), asm.JLT.Imm(asm.R1, 6, "more"), asm.Mov.Imm(asm.R0, 1),
		asm.Return().WithSymbol("more"),
	}
	p, err := prog.FromInstructions(&prog.Target{}, ebpf.SchedCLS, append(sequence(loop), body...))
	require.NoError(t, err)
	program, err := exec.New(exec.Config{}).Load(p)
	require.NoError(t, err)
	out, err := program.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(t, err)
	require.EqualValues(t, 7*1000+21, out.Return, "seven calls, with 0 to 6")
}

func helperCases() []helperCase {
	return slices.Concat(packetCases(), textCases(), mapCases(), skbCases(), missingCases())
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
	for _, c := range helperCases() {
		p, err := prog.FromInstructions(&prog.Target{}, c.typ, c.insns, c.maps...)
		require.NoError(t, err, c.name)
		program, err := exec.New(exec.Config{}).Load(p)
		require.NoError(t, err, c.name)
		packet := append(packets()[c.packet], make([]byte, 10)...)
		if c.typ == ebpf.RawTracepoint {
			packet = nil
		}
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
	out, err := r.Prog.Run(oracle.RunInput{Data: packet, DataOut: min(8192, 8192*len(packet))})
	require.NoError(t, err, name)
	return fmt.Sprintf("%s: %#x %x", name, out.Return, out.Data)
}
