package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// inputsFile has a line for each program type, packet and context: what a kernel
// answered.
const inputsFile = "testdata/inputs.txt"

// inputTypes are the types that BPF_PROG_TEST_RUN runs, each with how many bytes
// of its context the program reads.
var inputTypes = []struct {
	typ   ebpf.ProgramType
	reads []int16
}{
	{ebpf.XDP, []int16{0}}, {ebpf.SchedCLS, []int16{0}}, {ebpf.SchedACT, []int16{0}}, {ebpf.SocketFilter, []int16{0}},
	{ebpf.CGroupSKB, []int16{0}}, {ebpf.LWTIn, []int16{0}}, {ebpf.LWTOut, []int16{0}}, {ebpf.LWTXmit, []int16{0}},
	{ebpf.FlowDissector, []int16{0}}, {ebpf.SkLookup, []int16{0}}, {ebpf.RawTracepoint, []int16{0, 24}},
	{ebpf.Syscall, []int16{0, 24}}, {ebpf.Netfilter, []int16{0, 8}},
}

// inputPackets are packets of all lengths at which something changes.
func inputPackets() (list [][]byte) {
	for _, proto := range []byte{0, 0x08, 0x86} {
		for _, n := range []int{0, 1, 13, 14, 15, 19, 20, 33, 34, 53, 54, 64, 1514, 3392, 3393, 3520, 3521, 3776, 3777, 4096} {
			if n < 14 && proto != 0 {
				continue
			}
			p := make([]byte, n)
			if n >= 14 && proto != 0 {
				p[12] = proto
				p[13] = map[byte]byte{0x08: 0, 0x86: 0xdd}[proto]
			}
			list = append(list, p)
		}
	}
	return list
}

// inputContexts are contexts of all lengths at which something changes.
func inputContexts() (list [][]byte) {
	for _, n := range []int{0, 1, 4, 8, 16, 23, 24, 25, 48, 56, 60, 64, 71, 72, 73, 96, 97, 192, 193, 4096, 4097, 65535, 65536} {
		list = append(list, make([]byte, n))
		last := make([]byte, n)
		if n > 0 {
			last[n-1] = 1
			list = append(list, last)
		}
		if n >= 12 { // a lookup
			c := make([]byte, n)
			c[8] = 2
			list = append(list, c)
		}
		if n == 48 { // struct nf_hook_state
			for _, start := range []string{"\x00\x02", "\x03\x02", "\x04\x0a", "\x03\x0a", "\x09\x02", "\x02\x03"} {
				c := make([]byte, n)
				copy(c, start)
				list = append(list, c)
			}
		}
		if n >= 8 { // struct xdp_md of the packet of 64 bytes
			c := make([]byte, n)
			c[4] = 64
			list = append(list, c)
			c = bytes.Clone(c)
			c[0] = 8
			list = append(list, c)
		}
	}
	return list
}

func answerOf(out uint32, data, ctx []byte) string {
	return fmt.Sprintf("%d %s %s", out, digest(fmt.Sprintf("%x", data)), digest(fmt.Sprintf("%x", ctx)))
}

// TestInputs gives programs packets and contexts that are missing, too short, too
// long and wrong, and compares errors and what comes back with a kernel's.
func TestInputs(t *testing.T) {
	var kernel *oracle.Kernel
	if !testing.Short() {
		var err error
		if kernel, err = oracle.Open(); err != nil {
			t.Logf("no kernel to ask: %v", err)
		}
	}
	var lines strings.Builder
	for _, c := range inputTypes {
		for _, reads := range c.reads {
			here, there := inputProgram(t, kernel, c.typ, reads)
			line := func(data, ctx []byte) {
				name := fmt.Sprintf("%s %d, packet %d %.4x, context %d %s", c.typ, reads, len(data), data[min(len(data), 12):],
					len(ctx), digest(string(ctx)))
				got := inputHere(here, data, ctx)
				if strings.Contains(got, "unsupported: XDP packets of more than one buffer") {
					return
				}
				if there != nil {
					if want := inputThere(there, data, ctx, c.typ); got != want {
						t.Errorf("%s: %s, the kernel %s", name, got, want)
					}
				}
				fmt.Fprintf(&lines, "%s: %s\n", name, got)
			}
			for _, data := range inputPackets() {
				line(data, nil)
			}
			for _, ctx := range inputContexts() {
				data := make([]byte, 64)
				switch c.typ {
				case ebpf.SkLookup, ebpf.RawTracepoint, ebpf.Syscall:
					data = nil
				}
				line(data, ctx)
				if c.typ == ebpf.Netfilter && len(ctx) == 48 {
					for _, data := range inputPackets() {
						line(data, ctx)
					}
				}
			}
			if there != nil {
				require.NoError(t, there.Close())
			}
		}
	}
	if *update && kernel != nil && !t.Failed() {
		require.NoError(t, os.WriteFile(inputsFile, []byte(lines.String()), 0o644))
		return
	}
	text, err := os.ReadFile(inputsFile)
	require.NoError(t, err)
	if !t.Failed() {
		require.Equal(t, string(text), lines.String(), "not what a kernel was seen to answer")
	}
}

func inputProgram(t *testing.T, kernel *oracle.Kernel, typ ebpf.ProgramType, reads int16) (*exec.Program, *oracle.Program) {
	insns := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	if reads > 0 {
		insns = append(asm.Instructions{asm.LoadMem(asm.R2, asm.R1, reads-8, asm.DWord)}, insns...)
	}
	if typ == ebpf.Netfilter && reads > 0 { // the hook and the family
		insns = append(insns[:1], asm.LoadMem(asm.R0, asm.R2, 1, asm.Byte), asm.RSh.Imm(asm.R0, 3), asm.LoadMem(asm.R1, asm.R2, 0, asm.Byte),
			asm.Xor.Reg(asm.R0, asm.R1), asm.And.Imm(asm.R0, 1), asm.Return())
	} else if typ == ebpf.CGroupSKB || typ == ebpf.SkLookup || typ == ebpf.Netfilter {
		insns[len(insns)-2].Constant = 1
	}
	p, err := prog.FromInstructions(&prog.Target{}, typ, insns)
	require.NoError(t, err)
	if typ == ebpf.Syscall {
		p.Flags = 1 << 4 // BPF_F_SLEEPABLE
	}
	if typ == ebpf.Netfilter {
		p.AttachType = ebpf.AttachNetfilter
	}
	if typ == ebpf.SkLookup {
		p.AttachType = ebpf.AttachSkLookup
	}
	here, err := exec.New(exec.Config{}).Load(p)
	require.NoError(t, err)
	if kernel == nil {
		return here, nil
	}
	r, err := kernel.Load(p, oracle.Options{Keep: true})
	require.NoError(t, err)
	require.NotNil(t, r.Prog, "%s: %s", typ, r.Message)
	return here, r.Prog
}

// keepsContext tells the types whose context does not come back, or not as it is
// here.
func keepsContext(typ ebpf.ProgramType) bool {
	switch typ {
	case ebpf.SkLookup, ebpf.RawTracepoint, ebpf.FlowDissector, ebpf.Netfilter:
		return true
	}
	return false
}

func inputHere(p *exec.Program, data, ctx []byte) string {
	out, err := p.Run(exec.Input{Data: data, Ctx: ctx})
	var e errno.Errno
	switch {
	case errors.As(err, &e):
		return e.Error()
	case err != nil:
		return err.Error()
	}
	ctxOut := out.Ctx
	if len(ctx) == 0 || keepsContext(p.Type()) {
		ctxOut = nil
	}
	return answerOf(out.Return, out.Data, ctxOut)
}

func inputThere(p *oracle.Program, data, ctx []byte, typ ebpf.ProgramType) string {
	in := oracle.RunInput{Data: data, Ctx: ctx}
	if len(data) > 0 {
		in.DataOut = 1 << 16
	}
	if typ == ebpf.Syscall {
		in.Ctx = bytes.Clone(ctx)
	} else if len(ctx) > 0 && !keepsContext(typ) {
		in.CtxOut = max(len(ctx), 256)
	}
	out, err := p.Run(in)
	var e unix.Errno
	switch {
	case errors.As(err, &e):
		if name := unix.ErrnoName(e); name != "" {
			return name
		}
		return fmt.Sprintf("errno %d", int(e))
	case err != nil:
		return err.Error()
	}
	if typ == ebpf.Syscall {
		out.Ctx = in.Ctx // it is written back in place
	}
	return answerOf(out.Return, out.Data, out.Ctx)
}
