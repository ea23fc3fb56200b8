package absint

import "github.com/cilium/ebpf"

// maxVarCtx bounds offsets into the context of system calls, which user space
// makes as large as it likes.
const maxVarCtx = 1<<16 - 1

// contextOffset checks where in the context an access may go, and returns the
// greatest offset.
func (m *machine) contextOffset(a *access, p *value) (int64, bool) {
	ok := false
	if m.varCtx() {
		ok = m.inRegion(a.reg, p, a.off, a.size, maxVarCtx, false)
	} else {
		ok = m.unmoved(a.reg, p, m.fixedCtx())
	}
	return int64(a.off) + int64(p.off) + int64(p.num.UMax), ok
}

// varCtx reports whether the context may be read at unknown offsets.
func (m *machine) varCtx() bool { return m.rules.fixedCtx && m.prog.Type == ebpf.Syscall }

// fixedCtx reports whether constants may be added to the context: where the
// kernel does not rewrite accesses to it.
func (m *machine) fixedCtx() bool {
	return m.rules.fixedCtx && m.plainCtx()
}

// plainCtx reports whether the kernel does not rewrite accesses to the context.
func (m *machine) plainCtx() bool {
	switch m.prog.Type {
	case ebpf.Kprobe, ebpf.TracePoint, ebpf.RawTracepoint, ebpf.RawTracepointWritable, ebpf.Tracing, ebpf.LSM,
		ebpf.StructOps, ebpf.Syscall, ebpf.LircMode2, ebpf.CGroupDevice, ebpf.Netfilter:
		return true
	}
	return false
}

// contextMemory checks a context that is passed as memory: the last byte has to
// be one that the program could access itself.
func (m *machine) contextMemory(r uint8, p *value, size int32, write, zeroOK bool) bool {
	if size == 0 {
		return zeroOK || m.failErrno("EACCES") != failed
	}
	return m.accessCtx(&access{reg: r, off: size - 1, size: 1, write: write, value: -1}, p)
}
