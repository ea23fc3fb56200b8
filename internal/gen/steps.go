package gen

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// loadMap puts a map into a register.
func (m *maker) loadMap(r uint8, index int32) {
	m.emit(cfg.OpLDIMM64, r, cfg.ConstMap, 0, index)
	m.emit(0, 0, 0, 0, 0)
}

// stackAddress puts the address of a place on the stack into a register.
func (m *maker) stackAddress(r uint8, off int32) {
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 10, 0, 0)
	m.emit(cfg.ClassALU64|cfg.AluADD, r, 0, 0, off)
}

func (m *maker) called() {
	for r := 1; r <= 5; r++ {
		m.regs[r] = none
	}
	m.regs[0] = number
}

// lookup looks up an element, and mostly checks for null.
func (m *maker) lookup() {
	index := []int32{mapArray, mapArray, mapHash, mapPercpu}[m.IntN(4)]
	off := -int32(8 * (1 + m.IntN(5)))
	if m.one(2) {
		m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, 10, 0, int16(off), int32(m.IntN(6)))
	} else {
		m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, 10, 0, int16(off), int32(m.IntN(6)))
	}
	m.loadMap(1, index)
	m.stackAddress(2, off)
	m.emit(cfg.OpCALL, 0, 0, 0, 1)
	m.called()
	m.regs[0] = maybe
	r := uint8(0)
	if m.one(2) {
		r = m.dst()
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
		m.regs[r] = maybe
	}
	switch m.IntN(16) {
	case 0:
		return
	case 1, 2, 3, 4, 5:
		at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
		if index == mapArray {
			m.set(r, value)
		}
		m.useValue()
		m.skip(at)
	default:
		m.emit(cfg.ClassJMP|cfg.JmpJNE, r, 0, 2, 0)
		m.emit(cfg.ClassALU64|cfg.AluMOV, 0, 0, 0, 0)
		m.emit(cfg.OpEXIT, 0, 0, 0, 0)
		m.set(r, value)
	}
}

// index moves a map value's pointer by a number.
func (m *maker) index() {
	if !m.has(value, packet, record) {
		return
	}
	op := uint8(cfg.AluADD)
	if m.one(5) {
		op = cfg.AluSUB
	}
	r, by := m.pick(value, packet, record), m.pick(small)
	if r == by {
		return
	}
	m.emit(cfg.ClassALU64|op|cfg.SrcX, r, by, 0, 0)
}

// useValue reads or writes a map value or a record.
func (m *maker) useValue() {
	if !m.has(value, record) {
		return
	}
	size := m.size()
	r := m.pick(value, record)
	off := int16(m.IntN(8)) * int16(width(size))
	if off+int16(width(size)) > 16 && !m.one(8) {
		off = int16(m.IntN(2)) * int16(width(size))
	}
	if m.one(60) {
		off = int16(m.IntN(64)) - 8
	}
	m.access(r, off, size)
}

func (m *maker) access(r uint8, off int16, size uint8) {
	switch m.IntN(3) {
	case 0:
		m.emit(cfg.ClassST|cfg.ModeMEM|size, r, 0, off, m.imm())
	case 1:
		m.emit(cfg.ClassSTX|cfg.ModeMEM|size, r, m.pick(number, small), off, 0)
	default:
		dst := m.dst()
		m.emit(cfg.ClassLDX|cfg.ModeMEM|size, dst, r, off, 0)
		m.set(dst, number)
	}
}

func (m *maker) loadContext() {
	if !m.has(ctx) {
		return
	}
	if m.world != nil && m.hook.proto != 0 && !m.one(20) {
		m.loadArgument()
		return
	}
	if m.world != nil && m.hook.facts.Context() != nil && !m.one(20) {
		m.loadField()
		return
	}
	dst, size := m.dst(), uint8(cfg.SizeW)
	if m.one(20) {
		size = m.size()
	}
	off := int16(4 * m.IntN(5))
	if m.one(20) {
		off = int16(4 * m.IntN(24))
	}
	if m.typ == ebpf.Kprobe || m.typ == ebpf.TracePoint {
		off, size = int16(8*m.IntN(21)), cfg.SizeDW
	}
	if m.one(60) && m.typ != ebpf.Kprobe { // whether registers are writable is a matter of configuration
		m.emit(cfg.ClassSTX|cfg.ModeMEM|size, m.pick(ctx), m.pick(number), off, 0)
		return
	}
	m.emit(cfg.ClassLDX|cfg.ModeMEM|size, dst, m.pick(ctx), off, 0)
	m.set(dst, number)
}

// packets loads start and end of the packet and compares.
func (m *maker) packets() {
	start, end := int16(76), int16(80)
	switch m.typ {
	case ebpf.XDP:
		start, end = 0, 4
	case ebpf.SchedCLS, ebpf.CGroupSKB:
	default:
		return
	}
	if m.typ == ebpf.CGroupSKB && !m.caps.Has(linux.CapBPF) && !m.one(20) {
		return
	}
	c := m.pick(ctx)
	if m.regs[c] != ctx {
		return
	}
	p, e, t := m.dst(), m.dst(), m.dst()
	if p == e || c == p || t == p || t == e {
		return
	}
	m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, p, c, start, 0)
	m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, e, c, end, 0)
	m.set(p, packet)
	m.set(e, packetEnd)
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, t, p, 0, 0)
	if m.one(3) {
		m.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, t, m.pick(small), 0, 0)
	}
	m.emit(cfg.ClassALU64|cfg.AluADD, t, 0, 0, int32(m.IntN(20)))
	m.set(t, packet)
	op := []uint8{cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJLT, cfg.JmpJLE}[m.IntN(4)]
	dst, src := t, e
	if m.one(3) {
		dst, src = e, t
	}
	at := m.emit(cfg.ClassJMP|op|cfg.SrcX, dst, src, 0, 0)
	if m.one(2) {
		m.usePacket()
	}
	m.skip(at)
}

func (m *maker) usePacket() {
	if !m.has(packet) {
		return
	}
	size := m.size()
	m.access(m.pick(packet), int16(m.IntN(20))-2, size)
}

// helper calls one of a few helpers.
func (m *maker) helper() {
	n := m.IntN(5)
	if n == 2 && !m.privileged() {
		n = 3
	}
	switch n {
	case 0:
		m.emit(cfg.OpCALL, 0, 0, 0, 5) // bpf_ktime_get_ns
	case 1:
		m.emit(cfg.OpCALL, 0, 0, 0, 7) // bpf_get_prandom_u32
	case 2: // bpf_probe_read_kernel to the stack, with a size that may vary
		m.stackAddress(1, -int32(8*(1+m.IntN(6))))
		if m.one(2) {
			m.emit(cfg.ClassALU64|cfg.AluMOV, 2, 0, 0, int32(m.IntN(24)))
		} else {
			m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 2, m.pick(small), 0, 0)
		}
		m.emit(cfg.ClassALU64|cfg.AluMOV, 3, 0, 0, 0)
		m.emit(cfg.OpCALL, 0, 0, 0, 113)
	case 3: // bpf_map_update_elem
		off := -int32(8 * (3 + m.IntN(5)))
		m.loadMap(1, int32(m.IntN(2)))
		m.stackAddress(2, -int32(8*(1+m.IntN(3))))
		m.stackAddress(3, off)
		m.emit(cfg.ClassALU64|cfg.AluMOV, 4, 0, 0, 0)
		m.emit(cfg.OpCALL, 0, 0, 0, 2)
	case 4: // anything
		if !m.one(20) {
			return
		}
		m.emit(cfg.OpCALL, 0, 0, 0, int32(m.IntN(212)))
	}
	m.called()
}

var atomics = []int32{
	cfg.AtomicADD, cfg.AtomicOR | cfg.AtomicFETCH, cfg.AtomicAND, cfg.AtomicXOR | cfg.AtomicFETCH,
	cfg.AtomicXCHG, cfg.AtomicCMPXCHG, cfg.AtomicADD | cfg.AtomicFETCH,
}

func (m *maker) atomic() {
	size := []uint8{cfg.SizeW, cfg.SizeDW}[m.IntN(2)]
	op := atomics[m.IntN(len(atomics))]
	src := m.pick(number)
	r, off := uint8(10), m.slot(size)
	if m.has(value) {
		r, off = m.pick(value), int16(m.IntN(4)*8)
	}
	m.emit(cfg.ClassSTX|cfg.ModeATOMIC|size, r, src, off, op)
}

// moveStack makes a pointer into the stack with a variable offset, and uses it.
func (m *maker) moveStack() {
	if !m.privileged() && !m.one(20) {
		return
	}
	r := m.dst()
	m.stackAddress(r, -int32(8*(1+m.IntN(6))))
	m.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, r, m.pick(small), 0, 0)
	m.set(r, none)
	size := uint8(cfg.SizeB)
	if m.one(6) {
		size = m.size()
	}
	m.access(r, 0, size)
}

// ringbuf reserves a record.
func (m *maker) ringbuf() {
	m.loadMap(1, mapRingbuf)
	m.emit(cfg.ClassALU64|cfg.AluMOV, 2, 0, 0, 16)
	m.emit(cfg.ClassALU64|cfg.AluMOV, 3, 0, 0, 0)
	m.emit(cfg.OpCALL, 0, 0, 0, 131)
	m.called()
	m.regs[0] = maybe
	if m.one(20) {
		return
	}
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	m.regs[0] = record
	if m.one(3) {
		m.useValue()
	}
	if !m.one(20) {
		m.submit()
	}
	m.skip(at)
}

// submit gives a record back.
func (m *maker) submit() {
	r := m.pick(record)
	if m.regs[r] != record {
		return
	}
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
	m.emit(cfg.ClassALU64|cfg.AluMOV, 2, 0, 0, 0)
	m.emit(cfg.OpCALL, 0, 0, 0, 132+int32(m.IntN(2)))
	m.called()
	m.regs[0] = none
	m.set(r, none)
}
