package absint

// An object of the kernel that lives on the stack, such as an iterator, takes
// whole slots. Their bytes are of the object's kind, and the slot's spill holds
// what is known of it, which is no value of the program:
//
//	size, types  iterators: the type of their struct
//	size         dynptrs: their dynptrKind; saved interrupts: their irqClass
//	rng          iterators: whether they are drained; dynptrs: whether it is the first slot
//	off          iterators: how many elements were taken on this path
//	flags        iterators: how RCU protects what they give
//	id           dynptrs: ties slices to them
//	ref          the resource that the object is

// isObject reports whether a slot belongs to such an object.
func (s *slot) isObject() bool { return s.bytes[7] >= byteIter }

// slotOf finds the slots of an object behind a stack pointer. The object is
// outside of the stack that was used so far when n is beyond it; ok is false,
// and a message said, when there cannot be one.
func (m *machine) slotOf(p *value, what string, slots int) (n int, ok bool) {
	if !p.num.IsConst() {
		m.say("%s has to be at a constant offset", what)
		return 0, false
	}
	off := int(p.off) + int(int64(p.num.Tnum.Value))
	n = (-off - 1) / 8
	if off%8 != 0 || n+1 < slots { // the end of the stack counts as its first slot
		m.say("cannot pass in %s at an offset=%d", what, off)
		return 0, false
	}
	return n, true
}

// onStack reports whether slots down from n were used before.
func (m *machine) onStack(frame uint8, n int) bool {
	return n < len(m.cur.frames[frame].stack.slots)
}

// overwriteSlots writes the slots that an object is to take, as a store would.
func (m *machine) overwriteSlots(r uint8, slots int) bool {
	var whole slotSet
	for i := range slots {
		a := access{reg: r, off: int32(8 * i), size: 8, write: true, value: storeAny}
		p := m.reg(r)
		m.whole = slotSet{}
		if !m.aligned(p, a.off, a.size, false) || !m.accessStack(&a, p) {
			return false
		}
		whole = whole.or(m.whole)
	}
	m.chains.wrote(m.top.act, m.here(), int32(m.wholeFrame), whole)
	return true
}

// setObject puts an object, or none, into slots down from n.
func (m *machine) setObject(frame uint8, n, slots int, k byteKind, v value) {
	all := m.slotsOf(frame)
	for i := range slots {
		s := &all[n-i]
		for b := range s.bytes {
			s.bytes[b] = k
		}
		s.spill = v
	}
}

// readObject notes that slots down from n are read.
func (m *machine) readObject(frame uint8, n, slots int) {
	for i := range slots {
		m.stackRead(frame, n-i, 0, 7)
	}
}

// eachObject calls visit for every slot of an object of a kind.
func (m *machine) eachObject(s *state, k byteKind, visit func(frame uint8, n int, sl *slot)) {
	for i := int32(0); i <= s.depth; i++ {
		for n := range s.frames[i].stack.slots {
			if s.frames[i].stack.slots[n].bytes[7] == k {
				visit(uint8(i), n, &s.frames[i].stack.slots[n])
			}
		}
	}
}

// coversObject compares two slots of objects. How RCU protects what an iterator
// gives is not compared.
func (m *machine) coversObject(old, cur *slot, how strictness) bool {
	o, c := &old.spill, &cur.spill
	if o.frame == looseDynptr {
		return true
	}
	if how == identical && old.bytes[7] == byteIter && o.rng == iterActive && o.off != c.off {
		return false // another turn of the loop
	}
	return o.size == c.size && o.types == c.types && o.rng == c.rng && m.pairs.match(o.ref, c.ref)
}
