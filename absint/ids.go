package absint

// maxIDPairs bounds the correspondence of ids between two states; as in the
// kernel, states with more ids than that are not compared further.
const maxIDPairs = (16 + stackSlots) * maxFrames

// idPairs is a one-to-one correspondence between the ids of a remembered state
// and those of the present one, built while the two are compared.
type idPairs struct {
	pairs  []idPair
	spare  uint32 // last id made up for a scalar that has none
	counts []idCount
}

type idPair struct{ old, cur uint32 }

type idCount struct{ id, n uint32 }

func (p *idPairs) reset(lastID uint32) {
	p.pairs = p.pairs[:0]
	p.spare = lastID
}

// match reports whether the two ids correspond, and notes that they do when
// neither was seen before. An id never corresponds to none.
func (p *idPairs) match(old, cur uint32) bool {
	if old == 0 || cur == 0 {
		return old == cur
	}
	for _, q := range p.pairs {
		if q.old == old {
			return q.cur == cur
		}
		if q.cur == cur {
			return false
		}
	}
	if len(p.pairs) >= maxIDPairs {
		return false
	}
	p.pairs = append(p.pairs, idPair{old, cur})
	return true
}

// follow is match where ids are not paired both ways: several ids of the
// remembered state may correspond to one of the present state, or to none.
func (p *idPairs) follow(old, cur uint32) bool {
	for _, q := range p.pairs {
		if q.old == old {
			return q.cur == cur
		}
	}
	p.pairs = append(p.pairs, idPair{old, cur})
	return true
}

// matchScalar is match for scalars. One that is tied to nothing in the old
// state may be tied to anything; one that is tied to nothing in the present
// state counts as tied to itself.
func (p *idPairs) matchScalar(old, cur uint32) bool {
	if old == 0 {
		return true
	}
	if cur == 0 {
		p.spare++
		cur = p.spare
	}
	return p.match(old, cur)
}

// linkedID is the id under which a derived scalar is matched; the base has
// another than what was derived from it.
func (v *value) linkedID() uint32 {
	if v.id == 0 {
		return 0
	}
	return v.id | uint32(v.link)<<30
}

func countID(ids []idCount, v *value) []idCount {
	if v.kind != kindScalar || v.id == 0 {
		return ids
	}
	for i := range ids {
		if ids[i].id == v.id {
			ids[i].n++
			return ids
		}
	}
	return append(ids, idCount{v.id, 1})
}

// isLone reports whether v is a scalar whose id was counted once.
func (p *idPairs) isLone(v *value) bool {
	if v.kind != kindScalar || v.id == 0 {
		return false
	}
	for _, c := range p.counts {
		if c.id == v.id {
			return c.n == 1
		}
	}
	return false
}
