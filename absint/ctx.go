package absint

import (
	"github.com/cilium/ebpf"
)

// ctxField is a field of a program's context with rules of its own.
type ctxField struct {
	off, end int32
	size     int32 // of an access; 0 for any aligned part of 4 bytes
	kind     kind  // what is loaded
	flags    flags
	write    bool
	closed   bool // may not be touched
}

// ctxLayout says which accesses a context allows.
type ctxLayout struct {
	size   int32
	whole  int32 // the only size of an access, 0 for any
	free   bool  // any aligned read inside
	from   int32
	fields []ctxField
}

func skbLayout(direct bool, writes ...[2]int32) ctxLayout {
	l := ctxLayout{size: 192, fields: []ctxField{
		{off: 20, end: 24}, {off: 144, end: 152, closed: true}, {off: 180, end: 184, closed: true},
		{off: 168, end: 176, size: 8, kind: kindSockCommon, flags: flagMaybeNull},
		{off: 184, end: 192, size: 8, closed: !direct}, {off: 152, end: 160, size: 8, write: direct, closed: !direct},
		{off: 88, end: 140, closed: true}, {off: 72, end: 76, write: direct, closed: !direct},
		{off: 76, end: 80, size: 4, kind: kindPacket, closed: !direct},
		{off: 80, end: 84, size: 4, kind: kindPacketEnd, closed: !direct},
		{off: 140, end: 144, size: 4, kind: kindPacketMeta, closed: !direct},
		{off: 160, end: 164, closed: !direct},
	}}
	for _, w := range writes {
		l.fields = append(l.fields, ctxField{off: w[0], end: w[1], write: true})
	}
	return l
}

var ctxLayouts = map[ebpf.ProgramType]ctxLayout{
	ebpf.XDP: {size: 24, whole: 4, fields: []ctxField{
		{off: 0, end: 4, size: 4, kind: kindPacket}, {off: 4, end: 8, size: 4, kind: kindPacketEnd},
		{off: 8, end: 12, size: 4, kind: kindPacketMeta},
	}},
	ebpf.SocketFilter:  skbLayout(false, [2]int32{48, 68}),
	ebpf.SchedCLS:      skbLayout(true, [2]int32{48, 68}, [2]int32{8, 12}, [2]int32{44, 48}, [2]int32{32, 36}, [2]int32{12, 16}),
	ebpf.SchedACT:      skbLayout(true, [2]int32{48, 68}, [2]int32{8, 12}, [2]int32{44, 48}, [2]int32{32, 36}, [2]int32{12, 16}),
	ebpf.Kprobe:        {size: 168, free: true},
	ebpf.TracePoint:    {size: 8192, free: true, from: 8},
	ebpf.RawTracepoint: {size: 96, free: true},
	ebpf.PerfEvent:     {size: 184, whole: 8, free: true},
}

func (m *machine) accessCtx(a *access, p *value) bool {
	if m.leaks(a, "ctx") || !m.unmoved(a.reg, p, false) {
		return false
	}
	l, ok := ctxLayouts[m.prog.Type]
	if !ok {
		m.unsupported("context access")
		return false
	}
	f := l.field(a.off, a.size, a.write)
	if f == nil {
		m.fail("EACCES", "invalid bpf_context access off=%d size=%d", a.off, a.size)
		return false
	}
	if a.write || a.value < 0 {
		return true
	}
	dst := m.reg(uint8(a.value))
	if f.kind == kindNone {
		*dst = unknown()
		return true
	}
	*dst = pointer(f.kind)
	dst.flags = f.flags
	if dst.mayNull() {
		dst.id = m.newID()
	}
	return true
}

var plainField ctxField

func (l *ctxLayout) field(off, size int32, write bool) *ctxField {
	if off < l.from || off+size > l.size || off%size != 0 {
		return nil
	}
	if l.free {
		if write || l.whole != 0 && l.whole != size {
			return nil
		}
		return &plainField
	}
	for i := range l.fields {
		f := &l.fields[i]
		if off < f.off || off >= f.end {
			continue
		}
		if f.closed || write && !f.write || f.size != 0 && f.size != size || off+size > f.end && f.kind != kindNone {
			return nil
		}
		return f
	}
	if write || l.whole != 0 && l.whole != size || size > 4 {
		return nil
	}
	return &plainField
}
