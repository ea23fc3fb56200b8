package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// variantTest tells by a program's log which prototype a hook has for a
// helper whose prototypes differ.
type variantTest struct {
	helper  int32
	name    string // of the variant, as package linux names it
	program program
	has     func(ok bool, log string) bool
}

var variantTests = []variantTest{
	{17, "Current", program{insns: []insn{movImm(1, 0), call(17)}}, accepted},
	{46, "TypedSock", program{insns: []insn{call(46)}}, noContext},
	{49, "SockArg", program{insns: sockoptCall(49)}, noContext},
	{57, "SockArg", program{insns: sockoptCall(57)}, noContext},
	{27, "PerfEvent", program{license: "Proprietary", insns: []insn{call(27)}}, withoutGPL},
	{173, "MultiLink", program{license: "Proprietary", insns: []insn{call(173)}}, withoutGPL},
	{8, "RawCPU", program{level: 4, insns: []insn{movImm(1, 0), storeReg(8, 10, 1, -8), call(8), load(8, 1, 10, -8)}}, clobbers},
}

func sockoptCall(helper int32) []insn {
	return []insn{movImm(2, 0), movImm(3, 0), storeImm(8, 10, -8, 0), movReg(4, 10), addImm(4, -8), movImm(5, 8), call(helper)}
}

func accepted(ok bool, _ string) bool   { return ok }
func noContext(_ bool, log string) bool { return strings.Contains(log, "R1 type=ctx expected=") }

func withoutGPL(_ bool, log string) bool {
	return !strings.Contains(log, "GPL") && !refused(log)
}

// clobbers sees a call for which the spill and fill around it are needed.
func clobbers(ok bool, log string) bool { return ok && strings.Contains(log, "stack depth 8") }

// printVariants writes hook, helper and variant where the prototype is not the
// common one.
func printVariants(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	l := newLoader()
	seen := map[hook]bool{}
	for _, h := range allHooks(spec) {
		like := hook{typ: h.typ, attach: h.attach, sleepable: h.sleepable}
		if h.typ == typeLSM && seen[like] || !h.loads(l) {
			continue // all LSM hooks of a kind are alike
		}
		seen[like] = true
		for _, t := range variantTests {
			p := h.program(append(append([]insn{}, t.program.insns...), movImm(0, 0), exit())...)
			p.level, p.license = t.program.level, t.program.license
			errno, log := l.load(p)
			if errno != 0 { // perhaps because of the result
				p.insns[len(p.insns)-2].imm = 1
				errno, log = l.load(p)
			}
			if t.has(errno == 0, log) {
				fmt.Fprintf(w, "%s\t%d\t%s\n", h, t.helper, t.name)
			}
		}
	}
	return nil
}
