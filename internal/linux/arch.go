package linux

import (
	"fmt"
	"sync"
)

// Arch is the machine that a kernel runs on, as far as it decides how programs
// see registers. All other facts are those of x86-64.
type Arch uint8

// Machines.
const (
	AMD64 Arch = iota
	ARM64
	numArchs
)

var archNames = [numArchs][]string{AMD64: {"x86_64", "amd64"}, ARM64: {"arm64", "aarch64"}}

// ParseArch reads the name of a machine; empty means x86-64.
func ParseArch(name string) (Arch, error) {
	if name == "" {
		return AMD64, nil
	}
	for a, names := range archNames {
		for _, n := range names {
			if n == name {
				return Arch(a), nil
			}
		}
	}
	return 0, fmt.Errorf("unknown machine %q: want %s or %s", name, AMD64, ARM64)
}

// String returns the machine's name, as "x86_64".
func (a Arch) String() string { return archNames[a][0] }

// Sizes of registers. The sources are struct pt_regs and struct user_pt_regs of
// arch/arm64 in Linux 5.10, 6.1, 6.12 and 7.2, and of arch/x86.
const (
	amd64Regs     = 168
	arm64UserRegs = 272
	arm64OldRegs  = 336
	arm64Regs     = 320
)

// RegsSize is the size of struct pt_regs, the context of kprobes.
func (v Version) RegsSize(a Arch) int {
	switch {
	case a == AMD64:
		return amd64Regs
	case v.Has(RegsShort):
		return arm64Regs
	}
	return arm64OldRegs
}

// UserRegsSize is the size of the registers that begin the context of perf
// events.
func UserRegsSize(a Arch) int {
	if a == ARM64 {
		return arm64UserRegs
	}
	return amd64Regs
}

// ContextOn is Context for another machine than x86-64, where contexts with
// registers differ.
func (h *Hook) ContextOn(a Arch, v Version) *Context {
	switch {
	case a != ARM64:
	case h.Type == progKprobe:
		return h.registers(v.RegsSize(a))
	case h.Type == progPerfEvent:
		return arm64PerfEvent()
	}
	return h.Context()
}

const progPerfEvent = 7

// registers is a context of that many bytes whose aligned parts can be used as
// those of x86-64.
func (h *Hook) registers(size int) *Context {
	use, _ := h.Context().Access(0, 8)
	type key struct {
		use  ContextUse
		size int
	}
	v, _ := registerContexts.LoadOrStore(key{use, size}, sync.OnceValue(func() *Context {
		return newContext(parts(nil, use, 0, size))
	}))
	return v.(func() *Context)()
}

var registerContexts sync.Map // from use and size to a func that returns the context

// arm64PerfEvent has registers that are read whole, the sample's period and its
// address.
var arm64PerfEvent = sync.OnceValue(func() *Context {
	whole := Field{Size: 8, Use: ContextRead, Type: CtxScalar, Last: arm64UserRegs - 8, Step: 8}
	return newContext(parts([]Field{whole}, ContextRead, arm64UserRegs, arm64UserRegs+16))
})

// parts adds the bytes from first to end, in aligned parts.
func parts(fields []Field, use ContextUse, first, end int) []Field {
	for _, size := range []uint8{1, 2, 4, 8} {
		fields = append(fields, Field{
			Size: size, Use: use, Type: CtxScalar,
			First: uint16(first), Last: uint16(end) - uint16(size), Step: uint16(size),
		})
	}
	return fields
}

func newContext(fields []Field) *Context {
	c := new(Context)
	c.unpack(fields)
	return c
}
