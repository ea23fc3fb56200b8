package absint

import (
	"github.com/bpflint/bpflint/absint/precision"
	"github.com/bpflint/bpflint/cfg"
)

// accessStack reads or writes the stack of the frame that p points into.
func (m *machine) accessStack(a *access, p *value) bool {
	off := a.off + p.off
	if !m.inStack(a.reg, p, off, a.size, a.write, false) {
		return false
	}
	if p.num.IsConst() {
		off += int32(p.num.Tnum.Value)
		if a.write {
			return m.writeSlot(a, p.frame, off)
		}
		return m.readSlot(a, p.frame, off)
	}
	if a.write {
		return m.writeSomewhere(a, p, off)
	}
	return m.readSomewhere(a, p, off)
}

// inStack checks that all bytes that an access may touch lie in the frame, and
// makes their slots valid.
func (m *machine) inStack(r uint8, p *value, off, size int32, write, helper bool) bool {
	lo, hi := int64(off), int64(off)+int64(size)
	fixed := p.num.IsConst()
	if fixed {
		lo += int64(p.num.Tnum.Value)
		hi += int64(p.num.Tnum.Value)
	} else {
		if p.num.SMax >= maxOffset || p.num.SMin <= -maxOffset {
			m.fail("EACCES", "invalid unbounded variable-offset%s stack R%d", m.accessWord(write, helper), r)
			return false
		}
		lo += p.num.SMin
		hi += p.num.SMax
	}
	limit := int64(-8 * stackSlots)
	if !write && !m.rules.stackBeyond {
		limit = -8 * int64(len(m.cur.frames[p.frame].stack.slots))
	}
	errno := ""
	switch {
	case lo < limit || lo > -1:
		errno = "EACCES"
	case hi > 0:
		errno = "EINVAL"
	case size < 0:
		errno = "EFAULT"
	}
	switch {
	case errno == "":
		m.touchesFrame(p.frame, lo)
		if !helper || m.rules.stackBeyond {
			m.growStack(p.frame, int(-lo+7)/8)
		}
		return true
	case fixed && m.rules.ptrInOffset:
		m.fail(errno, "invalid%s stack R%d off=%d size=%d", m.accessWord(write, helper), r, lo, size)
	case fixed:
		m.fail(errno, "invalid%s stack R%d off=%d size=%d", m.accessWord(write, helper), r, off, size)
	case !m.rules.stackOffsets:
		m.fail(errno, "invalid variable-offset%s stack R%d var_off=%s size=%d", m.accessWord(write, helper), r, m.bits(p), size)
	case m.rules.ptrInOffset:
		at := m.joined(p)
		m.fail(errno, "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d",
			m.accessWord(write, helper), r, m.bits(&at), off-p.off, size)
	default:
		m.fail(errno, "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d",
			m.accessWord(write, helper), r, m.bits(p), off, size)
	}
	return false
}

func (m *machine) accessWord(write, helper bool) string {
	switch {
	case helper && !m.rules.stackMsgs:
		return " indirect access to"
	case write:
		return " write to"
	}
	return " read from"
}

// growStack makes n slots of a frame valid.
func (m *machine) growStack(frame uint8, n int) {
	f := m.cur.frames[frame]
	if n <= len(f.stack.slots) {
		return
	}
	m.heap.ownStack(m.heap.own(&m.cur, int32(frame)), n)
	depth := &m.funcs[f.fn].stack
	*depth = max(*depth, 8*n)
}

// slotsOf returns the slots of a frame, for writing.
func (m *machine) slotsOf(frame uint8) []slot {
	return m.heap.ownStack(m.heap.own(&m.cur, int32(frame)), 0).slots
}

// writeSlot stores to a known place.
func (m *machine) writeSlot(a *access, frame uint8, off int32) bool {
	n, last := int(-off-1)/8, int(-off-1)%8
	if !m.destroyDynptr(frame, n) {
		return false
	}
	slots := m.slotsOf(frame)
	s := &slots[n]
	if !m.rules.ptrLeaks && s.isSpill() && !s.isScalarSpill() && a.size != 8 {
		m.fail("EACCES", "attempt to corrupt spilled pointer on stack")
		return false
	}
	m.whole, m.wholeFrame = m.bytesWithin(n, last-int(a.size)+1, last), frame
	stored := m.stored(a)
	m.spilling(a, s, last, stored.kind.spillable())
	switch {
	case stored.kind == kindScalar && m.tracksSpill(a, &stored, off):
		if a.value >= 0 {
			if !m.rules.tracking.Pointers && m.insns[m.here()].Dst() != cfg.FP {
				m.needReg(uint8(a.value))
				slots = m.slotsOf(frame)
				s = &slots[n]
			}
			m.spillScalar(s, m.reg(uint8(a.value)), a.size)
		} else {
			m.spill(s, &stored, a.size)
		}
	case stored.kind.spillable():
		if a.size != 8 {
			m.fail("EACCES", "invalid size of register spill")
			return false
		}
		if int32(frame) != m.cur.depth && stored.kind == kindStack {
			m.fail("EINVAL", "cannot spill pointers to stack into stack frame of the caller")
			return false
		}
		m.spill(s, &stored, a.size)
	default:
		m.writeBytes(a, s, last, stored.isNull())
		return true
	}
	m.record(precision.Stack, int(frame), n)
	return true
}

// tracksSpill reports whether a stored scalar is remembered. Older kernels do
// so only when something is known of it, and know zeros byte by byte.
func (m *machine) tracksSpill(a *access, stored *value, off int32) bool {
	if !m.rules.capBPF || a.value == storeAny || off%8 != 0 {
		return false
	}
	if !m.rules.spillNarrow && !stored.num.IsConst() {
		return false
	}
	if !m.rules.spillAny && (stored.isNull() || stored.num.Equal(&unknownValue.num, m.num)) {
		return false
	}
	return m.rules.spillNarrow || a.size == 8
}

// stored returns what an access stores.
func (m *machine) stored(a *access) value {
	if a.value >= 0 {
		return *m.reg(uint8(a.value))
	}
	if a.value == storeAny {
		return unknown()
	}
	return constant(m.insns[m.here()].imm)
}

// spillScalar keeps a scalar on the stack, tied to the register it came from
// when no bits are lost.
func (m *machine) spillScalar(s *slot, v *value, size int32) {
	fits := v.width() <= 8*int(size)
	if fits && m.rules.spillAny {
		m.tie(v)
	}
	m.spill(s, v, size)
	if !fits {
		s.spill.id = 0
	}
}

// spill keeps a value in the lowest size bytes of a slot.
func (m *machine) spill(s *slot, v *value, size int32) {
	s.spill = *v
	for i := range s.bytes {
		if i >= 8-int(size) {
			s.bytes[i] = byteSpill
		} else if b := s.bytes[i]; b != byteZero && b != byteInvalid {
			s.bytes[i] = byteMisc
		}
	}
}

// writeBytes stores something that is not tracked, but for being zero.
func (m *machine) writeBytes(a *access, s *slot, last int, zero bool) {
	s.scrub()
	b := byteMisc
	if zero {
		if a.value >= 0 {
			m.needReg(uint8(a.value))
		}
		b = byteZero
	}
	for i := 0; i < int(a.size); i++ {
		s.bytes[last-i] = b
	}
}

// scrub forgets the slot's spilled value.
func (s *slot) scrub() {
	if s.isObject() && s.spill.frame == looseDynptr {
		return
	}
	if s.isSpill() || s.isObject() {
		for i := range s.bytes {
			if s.bytes[i] != byteInvalid {
				s.bytes[i] = byteMisc
			}
		}
	}
	s.spill = none
}

// writeSomewhere stores to one of several places: none of them is known any
// more, except where zeros are written over zeros.
func (m *machine) writeSomewhere(a *access, p *value, off int32) bool {
	lo, hi := int(p.num.SMin)+int(off), int(p.num.SMax)+int(off)+int(a.size)
	if !m.destroyDynptrs(p.frame, lo, hi) {
		return false
	}
	stored := m.stored(a)
	zero, usedZero := stored.isNull(), false
	slots := m.slotsOf(p.frame)
	for i := lo; i < hi; i++ {
		s, b := &slots[(-i-1)/8], (-i-1)%8
		was := s.bytes[b]
		if !m.rules.ptrLeaks && was != byteMisc && was != byteZero {
			m.fail("EINVAL", "spilled ptr in range of var-offset stack write; insn %d, ptr off: %d", m.here(), i)
			return false
		}
		if zero && was == byteSpill && s.isScalarSpill() && s.spill.isNull() {
			usedZero = true
			continue
		}
		s.scrub()
		is := byteMisc
		if zero && was == byteZero {
			is, usedZero = byteZero, true
		}
		if was == byteInvalid && !m.rules.uninitStack {
			m.fail("EINVAL", "uninit stack in range of var-offset write prohibited for !root; insn %d, off: %d", m.here(), i)
			return false
		}
		s.bytes[b] = is
	}
	if usedZero && a.value >= 0 {
		m.needReg(uint8(a.value))
	}
	return true
}

// readSlot loads from a known place.
func (m *machine) readSlot(a *access, frame uint8, off int32) bool {
	n, last := int(-off-1)/8, int(-off-1)%8
	m.stackRead(frame, n, last-int(a.size)+1, last)
	s := &m.cur.frames[frame].stack.slots[n]
	if !s.isSpill() {
		return m.readBytes(a, s, off, last)
	}
	if a.size != 8 || s.bytes[0] != byteSpill {
		if s.spill.kind != kindScalar {
			m.fail("EACCES", "invalid size of register fill")
			return false
		}
		return a.value < 0 || m.fillPart(a, frame, n, off)
	}
	switch {
	case a.value >= 0:
		if s.spill.kind == kindScalar && m.rules.capBPF && m.rules.spillAny && !s.spill.num.IsConst() && (s.spill.id == 0 || s.spill.link != linkSame) {
			s = &m.slotsOf(frame)[n]
			m.tie(&s.spill)
		}
		*m.reg(uint8(a.value)) = s.spill
	case m.secret(&s.spill):
		m.fail("EACCES", "leaking pointer from stack off %d", off)
		return false
	}
	m.record(precision.Stack, int(frame), n)
	return true
}

// fillPart loads less than a slot from a spilled scalar, or from a slot that
// the scalar does not fill.
func (m *machine) fillPart(a *access, frame uint8, n int, off int32) bool {
	s := &m.cur.frames[frame].stack.slots[n]
	dst := m.reg(uint8(a.value))
	spilled := s.spillSize()
	if int(a.size) <= spilled && off%8 == 0 && (m.rules.spillAny || int(a.size) == spilled) {
		if m.rules.capBPF && m.rules.spillAny && a.size == 4 && spilled == 4 && s.spill.fitsIn32() {
			s = &m.slotsOf(frame)[n]
			m.tie(&s.spill)
		}
		*dst = s.spill
		if dst.width() > 8*int(a.size) {
			dst.unlink()
		}
		m.record(precision.Stack, int(frame), n)
		return true
	}
	last := int(-off-1) % 8
	if !m.initialised(a, s, off, last, true) {
		return false
	}
	switch spills, zeros := s.count(last, int(a.size)); {
	case !m.rules.spillAny:
		*dst = unknown()
	case spills == int(a.size) && s.spill.isNull():
		*dst = constant(0)
		m.record(precision.Stack, int(frame), n)
	case zeros == int(a.size):
		*dst = constant(0)
	default:
		*dst = unknown()
	}
	return true
}

// count returns how many of size bytes are spilled and how many are zero.
func (s *slot) count(last, size int) (spills, zeros int) {
	for _, b := range s.bytes[last-size+1 : last+1] {
		switch b {
		case byteSpill:
			spills++
		case byteZero:
			zeros++
		}
	}
	return spills, zeros
}

// initialised checks that bytes may be read.
func (m *machine) initialised(a *access, s *slot, off int32, last int, spillOK bool) bool {
	for i := 0; i < int(a.size); i++ {
		switch b := s.bytes[last-i]; {
		case b == byteMisc, b == byteZero, b == byteSpill && spillOK:
		case b == byteInvalid && m.rules.uninitStack:
		default:
			m.fail("EACCES", "invalid read from stack off %d+%d size %d", off, i, a.size)
			return false
		}
	}
	return true
}

func (m *machine) readBytes(a *access, s *slot, off int32, last int) bool {
	if !m.initialised(a, s, off, last, false) {
		return false
	}
	if a.value >= 0 {
		dst := m.reg(uint8(a.value))
		if _, zeros := s.count(last, int(a.size)); zeros == int(a.size) {
			*dst = constant(0)
		} else {
			*dst = unknown()
		}
	}
	return true
}

// readSomewhere loads from one of several places.
func (m *machine) readSomewhere(a *access, p *value, off int32) bool {
	if a.value < 0 {
		m.fail("EACCES", "variable offset stack pointer cannot be passed into helper function; var_off=%s off=%d size=%d",
			m.bits(p), off, a.size)
		return false
	}
	if !m.stackReadable(a.reg, p, off, a.size, false) {
		return false
	}
	lo, hi := int(p.num.SMin)+int(off), int(p.num.SMax)+int(off)+int(a.size)
	zero := true
	for i := lo; i < hi && zero; i++ {
		zero = m.cur.frames[p.frame].stack.slots[(-i-1)/8].bytes[(-i-1)%8] == byteZero
	}
	if zero {
		*m.reg(uint8(a.value)) = constant(0)
	} else {
		*m.reg(uint8(a.value)) = unknown()
	}
	return true
}
