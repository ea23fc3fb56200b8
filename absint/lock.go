package absint

// lockNames begin the kernel's names of locks in messages, and lockFields are
// the fields that hold them.
var (
	lockNames  = [...]string{refLock: "bpf_spin", refResLock: "bpf_res_spin", refResLockIRQ: "bpf_res_spin"}
	lockFields = [...]fieldKind{refLock: fieldSpinLock, refResLock: fieldResSpinLock, refResLockIRQ: fieldResSpinLock}
)

// lock notes that the lock in a map value or an own object is held, or no longer is.
func (m *machine) lock(r uint8, p *value, kind refKind, take bool) bool {
	if !m.atLock(r, p, kind) {
		return false
	}
	if !take {
		return m.unlock(p, kind)
	}
	s := &m.cur
	for _, h := range s.refs[:s.nrefs] {
		switch {
		case kind == refLock && h.kind == refLock:
			m.fail("EINVAL", "Locking two bpf_spin_locks are not allowed")
			return false
		case kind != refLock && (h.kind == refResLock || h.kind == refResLockIRQ) && h.isOf(p):
			m.fail("EINVAL", "Acquiring the same lock again, AA deadlock detected")
			return false
		}
	}
	s.locks++
	return m.hold(resource{kind: kind, id: p.id, mapi: p.mapi})
}

// isOf reports whether a held lock is the one in what p points to.
func (h *resource) isOf(p *value) bool { return h.id == p.id && h.mapi == p.mapi }

// atLock checks that a pointer leads to a lock.
func (m *machine) atLock(r uint8, p *value, kind refKind) bool {
	name := lockNames[kind]
	f := m.fieldOf(p, lockFields[kind])
	off, ok := m.constantOffset(r, lockFields[kind])
	switch {
	case !ok:
	case p.kind == kindMapValue && !m.maps[p.mapi].typed:
		m.fail("EINVAL", "map '%s' has to have BTF in order to use %s_lock", m.maps[p.mapi].Name, name)
	case f == nil && p.kind == kindMapValue:
		m.fail("EINVAL", "map '%s' has no valid %s_lock", m.maps[p.mapi].Name, name)
	case f == nil:
		m.fail("EINVAL", "local 'kptr' has no valid %s_lock", name)
	case int64(f.off) != off && !m.rules.callbacks.records:
		m.fail("EINVAL", "off %d doesn't point to 'struct %s_lock'", off, name)
	case int64(f.off) != off:
		m.fail("EINVAL", "off %d doesn't point to 'struct %s_lock' that is at %d", off, name, f.off)
	default:
		return true
	}
	return false
}

// unlock gives a lock back. The one that was taken last goes first.
func (m *machine) unlock(p *value, kind refKind) bool {
	s, name := &m.cur, lockNames[kind]
	if s.locks == 0 {
		m.fail("EINVAL", "%s_unlock without taking a lock", name)
		return false
	}
	at, last := int32(-1), int32(-1)
	for i := range s.nrefs {
		h := &s.refs[i]
		if h.kind == kind && h.isOf(p) && at < 0 {
			at = i
		}
		if h.kind.isLock() {
			last = i
		}
	}
	switch {
	case at < 0:
		m.fail("EINVAL", "%s_unlock of different lock", name)
		return false
	case !s.refs[last].isOf(p):
		m.fail("EINVAL", "%s_unlock cannot be out of order", name)
		return false
	}
	m.dropRef(s, at)
	s.locks--
	if m.rules.kfuncs.unlockEndsRCU && !m.inRCU() {
		m.leaveRCU()
	}
	m.forgetLinked()
	return true
}

// resLock is what a kfunc does to a resilient lock.
type resLock struct {
	kind refKind
	take bool
}

var resLocks = [numKfuncSpecials]resLock{
	kfuncResLock:          {refResLock, true},
	kfuncResUnlock:        {refResLock, false},
	kfuncResLockSave:      {refResLockIRQ, true},
	kfuncResUnlockRestore: {refResLockIRQ, false},
}

// lockFails queues the path on which a resilient lock is not taken.
func (m *machine) lockFails() bool {
	failed := m.fork(m.here() + 1)
	if failed == nil {
		m.say("failed to push state for failed lock acquisition")
		return false
	}
	clobber(failed.top())
	r0 := &failed.top().regs[0]
	*r0 = unknown()
	m.limitSigned(r0, -maxErrno, -1)
	return true
}

// kfuncLock checks the lock that a kfunc takes or gives back.
func (m *machine) kfuncLock(c *kfuncCall, i int) bool {
	r := uint8(i + 1)
	p := m.reg(r)
	if m.inTreeCallback() {
		m.fail("EACCES", "can't res_spin_{lock,unlock} in rbtree cb")
		return false
	}
	if p.kind != kindMapValue && (p.kind != kindBTF || p.flags != flagAlloc) || p.kind == kindMapValue && p.flags != 0 {
		m.fail("EINVAL", "%s doesn't point to map value or allocated object", m.argName(i))
		return false
	}
	op := resLocks[c.special]
	return m.lock(r, p, op.kind, op.take)
}
