package absint

// An object that is in a list or tree is no longer the program's own. The program
// may use it as long as the lock is held that keeps it there.

// isLinked reports whether a pointer is to such an object.
func (m *machine) isLinked(v *value) bool { return m.isOwn(v) && v.flags&flagNonOwning != 0 }

// linkedFlags are the flags of pointers to objects of a type that are in a list
// or tree. A counter of references lets RCU protect them as well.
func (m *machine) linkedFlags(t typeRef) flags {
	f := flagAlloc | flagNonOwning
	for _, field := range m.fieldsIn(t) {
		if field.kind == fieldRefcount {
			f |= flagRCU
		}
	}
	return f
}

// linkNode moves the ownership of the node in a register into a list or tree.
// Pointers to it stay valid until the lock is given back.
func (m *machine) linkNode(c *kfuncCall, r uint8) bool {
	v := *m.reg(r)
	f := m.linkedFlags(v.typ())
	if !m.releaseIn(&m.cur, v.ref, m.rules.callbacks.owned) {
		m.fail("EINVAL", "kfunc %s#%d reference has not been acquired before", c.name, c.id)
		return false
	}
	m.eachValue(&m.cur,
		func(o *value) bool { return o.ref == v.ref },
		func(o *value) { o.id, o.ref, o.flags = 0, 0, o.flags|f })
	return true
}

// forgetLinked takes away all pointers to objects in lists and trees, once a lock
// is given back.
func (m *machine) forgetLinked() { m.eachValue(&m.cur, m.isLinked, m.invalidate) }
