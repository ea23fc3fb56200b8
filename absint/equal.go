package absint

// strictness says how alike two states must be.
type strictness uint8

const (
	// loose: every continuation of one is one of the other, by what is known
	// to matter. It is known once all paths behind the older state are finished.
	loose strictness = iota
	// within: the same, as if every scalar mattered.
	within
	// identical: nothing but the names of ids differs.
	identical
)

// covers reports whether every continuation of cur is one of old, so that cur
// is safe when old is; how says by what measure.
func (m *machine) covers(old, cur *state, how strictness) bool {
	if old.depth != cur.depth || old.speculative && !cur.speculative {
		return false
	}
	m.pairs.reset(m.ids)
	if !m.coversRefs(old, cur) {
		return false
	}
	for i := int32(0); i <= old.depth; i++ {
		fo, fc := old.frames[i], cur.frames[i]
		if !m.rules.pairedIDs {
			m.pairs.reset(m.ids)
		}
		if fo.callsite != fc.callsite || !m.coversFrame(fo, fc, m.insns[old.resumesAt(i)].live, how) {
			return false
		}
	}
	return true
}

func (m *machine) coversRefs(old, cur *state) bool {
	if old.nrefs != cur.nrefs || old.locks != cur.locks || old.sleeps != cur.sleeps {
		return false
	}
	if !m.coversSections(&old.sections, &cur.sections) {
		return false
	}
	for i := int32(0); i < old.nrefs; i++ {
		o, c := &old.refs[i], &cur.refs[i]
		if o.kind != c.kind || o.mapi != c.mapi || !m.sameID(o.id, c.id) || !m.sameID(o.parent, c.parent) {
			return false
		}
	}
	return true
}

func (m *machine) coversFrame(old, cur *frame, live uint16, how strictness) bool {
	if old.turns > cur.turns {
		return false
	}
	if how != loose && !m.rules.liveRegs {
		live = ^uint16(0)
	}
	for r := range old.regs {
		if live&(1<<r) == 0 {
			continue
		}
		if !m.coversValue(&old.regs[r], &cur.regs[r], old.preciseRegs&(1<<r) != 0, how) {
			return false
		}
	}
	if m.sameBytes(how) && len(old.stack.slots) > len(cur.stack.slots) {
		return false
	}
	for n := range old.stack.slots {
		if !m.coversSlot(old, cur, n, how) {
			return false
		}
	}
	return true
}

// coversValue compares two registers, or two spilled ones. What a scalar is
// does not matter unless old insists on it.
func (m *machine) coversValue(old, cur *value, precise bool, how strictness) bool {
	if how == identical {
		return m.same(old, cur)
	}
	if old.kind == kindNone && (how == loose || m.rules.liveRegs) {
		return true // never read behind old
	}
	if old.kind != cur.kind || old.flags != cur.flags {
		return false
	}
	switch old.kind {
	case kindScalar:
		return m.coversScalar(old, cur, precise || how == within)
	case kindPacket, kindPacketMeta:
		return m.coversPacket(old, cur)
	}
	if !m.rules.pairedIDs {
		return m.coversByName(old, cur)
	}
	switch old.kind {
	case kindMapKey, kindMapValue, kindMem, kindBuf, kindTPBuffer:
		return old.sameTarget(cur) && cur.num.Within(&old.num, m.num) && m.sameIDs(old, cur)
	case kindArena:
		return true
	}
	return m.same(old, cur)
}

func (m *machine) coversScalar(old, cur *value, precise bool) bool {
	if m.rules.exactScalars {
		return old.num.Equal(&cur.num, m.num) && m.pairs.matchScalar(old.linkedID(), cur.linkedID())
	}
	if !precise && m.rules.capBPF && m.opts.Observe == nil {
		return true
	}
	if !m.rules.scalarIDs {
		return cur.num.Within(&old.num, m.num)
	}
	if old.id != 0 && old.link != cur.link || old.link != linkSame && old.off != cur.off {
		return false
	}
	if !m.pairs.matchScalar(old.linkedID(), cur.linkedID()) {
		return false
	}
	if m.rules.linkBases && old.id != 0 && old.link != linkSame && !m.pairs.match(old.id, cur.id) {
		return false
	}
	return cur.num.Within(&old.num, m.num)
}

// coversPacket wants as many bytes behind the pointer as old had, the same
// fixed offset and the same ties between pointers.
func (m *machine) coversPacket(old, cur *value) bool {
	if old.rng < 0 || cur.rng < 0 {
		if old.rng != cur.rng {
			return false
		}
	} else if old.rng > cur.rng {
		return false
	}
	return old.off == cur.off && m.samePacket(old.id, cur.id) && cur.num.Within(&old.num, m.num)
}

func (m *machine) samePacket(old, cur uint32) bool {
	if m.rules.pairedIDs {
		return m.pairs.match(old, cur)
	}
	return old == 0 || m.pairs.follow(old, cur)
}

// coversByName compares pointers as kernels without rules.pairedIDs do: an id is
// equal to itself only, but for values of maps.
func (m *machine) coversByName(old, cur *value) bool {
	if old.kind != kindMapKey && old.kind != kindMapValue {
		return m.same(old, cur)
	}
	return old.sameTarget(cur) && cur.num.Within(&old.num, m.num) && (!old.mayNull() || m.pairs.follow(old.id, cur.id))
}

// sameTarget reports whether two pointers of one kind point into the same
// object with the same fixed offset.
func (v *value) sameTarget(o *value) bool {
	return v.off == o.off && v.mapi == o.mapi && v.uid == o.uid && v.size == o.size && v.types == o.types
}

func (m *machine) sameIDs(old, cur *value) bool {
	return m.sameID(old.id, cur.id) && m.sameID(old.ref, cur.ref)
}

func (m *machine) sameID(old, cur uint32) bool {
	if m.rules.pairedIDs {
		return m.pairs.match(old, cur)
	}
	return old == cur
}

// same reports whether two values are equal but for the names of ids.
func (m *machine) same(old, cur *value) bool {
	return old.kind == cur.kind && old.flags == cur.flags && old.sameTarget(cur) && old.rng == cur.rng &&
		old.frame == cur.frame && old.link == cur.link && old.num.Equal(&cur.num, m.num) && m.sameIDs(old, cur)
}

// sameBytes reports whether all bytes of a stack have to be of the same kinds,
// those that nothing is known of among them.
func (m *machine) sameBytes(how strictness) bool {
	return how == identical || how == within && !m.rules.looseSlots
}

var unknownValue = unknown()

// coversSlot compares the n-th slot of two stacks. Bytes that old never had,
// or that nothing reads behind it, are not compared.
func (m *machine) coversSlot(old, cur *frame, n int, how strictness) bool {
	so := &old.stack.slots[n]
	sc := &emptySlot
	if n < len(cur.stack.slots) {
		sc = &cur.stack.slots[n]
	}
	if m.sameBytes(how) && so.bytes != sc.bytes {
		return false
	}
	precise := old.preciseSlots&(1<<n) != 0
	switch so.bytes {
	case [8]byteKind{}:
		return true
	case wholeSpill:
		if sc.bytes == wholeSpill {
			return m.coversValue(&so.spill, &sc.spill, precise, how)
		}
	}
	for i := 0; i < 8; i++ {
		bo := so.bytes[i]
		if bo == byteInvalid || bo == byteMisc && m.rules.uninitStack {
			continue
		}
		if n >= len(cur.stack.slots) {
			return false
		}
		if i == 0 && m.rules.miscScalars || i == 4 && m.rules.halfSlots {
			vo, vc := m.scalarFrom(so, i), m.scalarFrom(sc, i)
			if vo != nil && vc != nil {
				if !m.coversValue(vo, vc, precise && vo == &so.spill, how) {
					return false
				}
				if i == 0 {
					break
				}
				return true
			}
		}
		if bo == byteMisc && sc.bytes[i] == byteZero {
			continue
		}
		if bo != sc.bytes[i] {
			return false
		}
		if i == 7 && so.isObject() && !m.coversObject(so, sc, how) {
			return false
		}
		if i == 7 && so.isSpill() && !m.coversValue(&so.spill, &sc.spill, precise, how) {
			return false
		}
	}
	return true
}

var (
	emptySlot  = slot{spill: none}
	wholeSpill = [8]byteKind{byteSpill, byteSpill, byteSpill, byteSpill, byteSpill, byteSpill, byteSpill, byteSpill}
)

// scalarFrom returns the scalar that a load of the bytes from i to the end of
// a slot gives, nil when it is not known to be one that is tracked.
func (m *machine) scalarFrom(s *slot, i int) *value {
	if s.bytes[i] == byteSpill {
		if s.spill.kind == kindScalar {
			return &s.spill
		}
		return nil
	}
	for ; i < 8; i++ {
		b := s.bytes[i]
		if b != byteMisc && (b != byteInvalid || !m.rules.uninitStack) {
			return nil
		}
	}
	return &unknownValue
}
