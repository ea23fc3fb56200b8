package btf

// memberChecks say what is wrong with a member of a type with a size, "" if
// nothing is.
var memberChecks = [kindCount]func(c *checker, s *record, m member, t record) string{
	KindInt:     checkIntMember,
	KindPointer: checkPlainMember,
	KindArray:   checkPlainMember,
	KindStruct:  checkPlainMember,
	KindUnion:   checkPlainMember,
	KindEnum:    checkEnumMember,
	KindEnum64:  checkEnumMember,
	KindFloat:   checkFloatMember,
}

// checkMember compares a member with the size of its struct. t is its type.
func (c *checker) checkMember(s *record, m *member, t *record) *Refusal {
	end, target := *t, *m
	if modifiers.has(c.kind(t)) {
		var ok bool
		if end, _, ok = c.sizeOf(t.id); !ok {
			return c.refuseMember(s, m, "Invalid member")
		}
		target.typ = end.id
	}
	check := memberChecks[c.kind(&end)]
	if check == nil {
		return c.refuseBare(s, "Unsupported check_member")
	}
	if text := check(c, s, target, end); text != "" {
		return c.refuseMember(s, &target, text)
	}
	return nil
}

func (c *checker) refuseMember(s *record, m *member, text string) *Refusal {
	return said("%s %s", c.describeMember(s, m), text)
}

const exceeds = "Member exceeds struct_size"

func checkPlainMember(c *checker, s *record, m member, t record) string {
	if s.flag() && m.offset>>24 != 0 {
		return "Invalid member bitfield_size"
	}
	if m.offset%8 != 0 {
		return "Member is not byte aligned"
	}
	// An offset of at most the size has been seen to, so this does not wrap.
	if _, size, _ := c.sizeOf(t.id); s.val-m.offset/8 < size {
		return exceeds
	}
	return ""
}

func checkFloatMember(_ *checker, s *record, m member, t record) string {
	if s.flag() && m.offset>>24 != 0 {
		return "Invalid member bitfield_size"
	}
	if m.offset%(min(t.val, 8)*8) != 0 {
		return "Member is not properly aligned"
	}
	if uint64(m.offset/8)+uint64(t.val) > uint64(s.val) {
		return exceeds
	}
	return ""
}

func checkEnumMember(c *checker, s *record, m member, t record) string {
	if !s.flag() {
		return checkPlainMember(c, s, m, t)
	}
	// A bit field of an enumeration has up to 32 bits, whatever its size.
	bits, offset := m.offset>>24, m.offset&0xffffff
	switch {
	case bits == 0 && offset%8 != 0:
		return "Member is not byte aligned"
	case bits == 0:
		bits = 32
	case bits > 32:
		return "Invalid member bitfield_size"
	}
	if s.val < bytesOf(offset+bits) {
		return exceeds
	}
	return ""
}

func checkIntMember(c *checker, s *record, m member, t record) string {
	i := c.integer(&t)
	offset, bits := m.offset, i.bits
	if s.flag() {
		size := m.offset >> 24
		offset = m.offset & 0xffffff
		switch {
		case !i.regular():
			return "Invalid member base type"
		case size == 0 && offset%8 != 0:
			return "Invalid member offset"
		case size > bits:
			return "Invalid member bitfield_size"
		case size != 0:
			bits = size
		}
	} else {
		if offset > 1<<32-1-i.offset {
			return "bits_offset exceeds U32_MAX"
		}
		offset += i.offset
	}
	copied := bits + offset%8
	switch start := offset / 8; {
	case copied > 128:
		return "nr_copy_bits exceeds 128"
	case s.val < start || s.val-start < bytesOf(copied):
		return exceeds
	}
	return ""
}
