package linux

import (
	"fmt"
	"strings"
	"sync"
)

// Extensions are kinds of programs that were proposed for Linux and never
// merged. They exist for targets that enable them only.
type Extensions uint8

// ExtGtrace is the program type gtrace, with the conversion of contexts on tail
// calls, of the patches "bpf: context casting for tail call and gtrace prog
// type".
const ExtGtrace Extensions = 1 << iota

// ParseExtensions reads names.
func ParseExtensions(names []string) (Extensions, error) {
	var set Extensions
	for _, name := range names {
		if strings.TrimSpace(name) != "gtrace" {
			return 0, fmt.Errorf("unknown extension %q: want gtrace", name)
		}
		set |= ExtGtrace
	}
	return set, nil
}

// ProgGtrace is the number that programs of type gtrace have here. No kernel
// uses it.
const ProgGtrace = 1 << 16

// IsGtraceSection reports whether a section holds programs of type gtrace.
func IsGtraceSection(name string) bool { return name == "gtrace" || strings.HasPrefix(name, "gtrace/") }

// castable are the types whose context can become that of a gtrace program, as
// they all run with registers at hand: kprobe, tracepoint, perf_event and
// raw_tracepoint.
var castable = setOf(2, 5, 7, 17)

// CanCast reports whether a tail call may convert the context of a program of
// one type to that of another. The caller's type is in CastRegister then, loaded
// by an instruction that is put before the call.
func CanCast(from, to uint32) bool { return to == ProgGtrace && from < 64 && castable>>from&1 != 0 }

// CastRegister holds the caller's type at a tail call that converts contexts.
const CastRegister = 4

// The context of gtrace programs, struct gtrace_ctx of include/gtrace.h: the
// registers of x86-64, then what is copied of the task.
const (
	GtraceRegs   = 0   // struct pt_regs
	GtraceStart  = 168 // u64: when the task started, in nanoseconds since boot
	GtracePID    = 176 // u32
	GtraceTGID   = 180 // u32
	GtraceCPU    = 184 // u32
	GtraceCaller = 188 // u32: the type of the program that called, BPF_PROG_TYPE_*
	GtraceComm   = 192 // char[16]
	GtraceSize   = 208
)

var gtraceContext = sync.OnceValue(func() *Context { return newContext(parts(nil, ContextRead, 0, GtraceSize)) })

// gtraceHook is a kprobe's, with another context and without sleeping.
func (k *Kernel) gtraceHook() *Hook {
	base := k.hook(progKprobe, 0, false, AnyTarget)
	if base == nil {
		return nil
	}
	h := *base
	h.Type = ProgGtrace
	return &h
}
