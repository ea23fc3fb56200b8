package absint

// stackReadable checks that the bytes that p may point to are initialised, as
// a load from an unknown place and helpers need it. What a helper may write is
// not tracked afterwards.
func (m *machine) stackReadable(r uint8, p *value, off, size int32, clobber bool) bool {
	lo, hi := int(off), int(off)+int(size)
	if p.num.IsConst() {
		lo += int(p.num.Tnum.Value)
		hi += int(p.num.Tnum.Value)
	} else {
		if !m.rules.specV1 {
			m.fail("EACCES", "R%d%s variable offset stack access prohibited for !root, var_off=%s", r, m.indirect(clobber), m.bits(p))
			return false
		}
		lo += int(p.num.SMin)
		hi += int(p.num.SMax)
	}
	for i := lo; i < hi; i++ {
		n, b := (-i-1)/8, (-i-1)%8
		s := &emptySlot
		if used := m.cur.frames[p.frame].stack.slots; n < len(used) {
			m.stackRead(p.frame, n, b, b)
			s = &used[n]
		}
		if s != &emptySlot && m.mayRead(s, b) {
			if clobber && s.bytes[b] != byteMisc && (m.rules.clobberAll || !s.isSpill() || s.spill.kind != kindBTF) {
				m.slotsOf(p.frame)[n].clobber(b)
			}
			continue
		}
		if p.num.IsConst() {
			m.fail("EACCES", "invalid%s read from stack R%d off %d+%d size %d", m.indirect(true), r, lo, i-lo, size)
		} else {
			m.fail("EACCES", "invalid%s read from stack R%d var_off %s+%d size %d", m.indirect(true), r, m.bits(p), i-lo, size)
		}
		return false
	}
	return true
}

func (m *machine) indirect(helper bool) string {
	if helper && !m.rules.stackMsgs {
		return " indirect"
	}
	return ""
}

func (m *machine) mayRead(s *slot, b int) bool {
	switch s.bytes[b] {
	case byteMisc, byteZero:
		return true
	case byteInvalid:
		if m.rules.uninitStack {
			return true
		}
	}
	return s.isSpill() && (s.spill.kind == kindScalar || m.rules.ptrLeaks)
}

// clobber forgets what byte b held, and with it the whole spilled value.
func (s *slot) clobber(b int) {
	if s.bytes[b] == byteZero || s.bytes[b] == byteInvalid {
		s.bytes[b] = byteMisc
		return
	}
	s.scrub()
}
