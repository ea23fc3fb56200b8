// Package precheck makes the checks that Linux makes of a program before it
// explores any path, in the kernel's order and with its words: its size, its
// functions and jumps, the encoding of each instruction, and the flow. It also
// sums up the stack over call chains, which the kernel does after exploration.
//
// Which kernel checks what, and when, are features in internal/linux.
package precheck

import (
	"fmt"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Kind names a check. It is stable: rules of diagnostics are made from it.
type Kind string

// Kinds of rejections, in the order in which they are found.
const (
	Flags       Kind = "flags" // of BPF_PROG_LOAD
	TooLarge    Kind = "size"
	Privilege   Kind = "privilege"
	Callee      Kind = "callee"    // a call leads to no instruction
	Functions   Kind = "functions" // too many
	Kfunc       Kind = "kfunc"
	Jump        Kind = "jump" // out of its function
	FallOff     Kind = "fall-off"
	Types       Kind = "types"
	Register    Kind = "register"
	Wide        Kind = "wide" // a malformed 16-byte instruction
	Map         Kind = "map"
	Opcode      Kind = "opcode"
	Reserved    Kind = "reserved" // fields that must be zero are not
	BackEdge    Kind = "back-edge"
	Unreachable Kind = "unreachable"
	Middle      Kind = "middle" // a jump into a 16-byte instruction
	Recursion   Kind = "recursion"
	Stack       Kind = "stack"
	Depth       Kind = "depth" // of calls
)

// Reject says why a kernel refuses a program.
type Reject struct {
	Kind   Kind
	Insn   int    // slot, -1 when it is about the whole program
	Other  int    // a second slot, such as the target of a jump; -1 for none
	Errno  string // "EINVAL"
	Kernel string // last line of the verifier's log; empty when the kernel says nothing
}

// Error returns the kernel's message, or its errno when there is none.
func (r *Reject) Error() string {
	if r.Kernel == "" {
		return r.Errno
	}
	return r.Kernel
}

func reject(kind Kind, insn int, errno, format string, args ...any) *Reject {
	return &Reject{Kind: kind, Insn: insn, Other: -1, Errno: errno, Kernel: fmt.Sprintf(format, args...)}
}

func (r *Reject) toward(other int) *Reject {
	r.Other = other
	return r
}

// checker has what the checks of one program share.
type checker struct {
	prog   *prog.Program
	kernel linux.Version
	limits linux.Limits
	caps   linux.Caps
	insns  []cfg.Insn
	starts []int32 // of functions, ascending
}

// stages are the checks in the kernel's order. With checkTypes it also checks
// the program's own BTF. After that, kernels before 6.12 check what the program
// attaches to; since then they do it after checkFlow.
var stages = []func(*checker) *Reject{
	(*checker).checkLoad,
	(*checker).checkFunctions,
	(*checker).checkTypes,
	(*checker).checkEncoding,
	(*checker).checkFlow,
	(*checker).checkRecursion,
}

// Check makes all checks that come before exploration and returns the first
// that fails, nil when none does. What the kernel checks in between about BTF
// and attach targets is not part of it. It takes time and memory linear in the
// number of slots.
func Check(p *prog.Program) *Reject {
	c := newChecker(p)
	for _, check := range stages {
		if r := check(c); r != nil {
			return r
		}
	}
	return nil
}

func newChecker(p *prog.Program) *checker {
	k := p.Target.Kernel
	return &checker{prog: p, kernel: k, limits: linux.LimitsOf(k), caps: p.Target.Caps, insns: p.Insns}
}

func (c *checker) has(f linux.Feature) bool { return c.kernel.Has(f) }

// checkLoad is what bpf(2) checks before it starts the verifier. Machines on
// which unprivileged users may load nothing at all are not considered.
func (c *checker) checkLoad() *Reject {
	if c.prog.Flags&^c.limits.LoadFlags != 0 {
		return reject(Flags, -1, "EINVAL", "")
	}
	privileged := c.caps.Has(linux.CapBPF)
	limit := c.limits.InsnsUnprivileged
	if privileged {
		limit = c.limits.Insns
	}
	if n := len(c.insns); n == 0 || n > limit {
		return reject(TooLarge, -1, "E2BIG", "")
	}
	if !c.caps.Has(linux.CapsForType(c.kernel, uint32(c.prog.Type))) {
		return reject(Privilege, -1, "EPERM", "")
	}
	return nil
}
