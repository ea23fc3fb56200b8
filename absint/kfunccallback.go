package absint

import "strings"

// kfuncFunction takes the function that a kfunc calls back.
func (m *machine) kfuncFunction(c *kfuncCall, i int) bool {
	v := m.reg(uint8(i + 1))
	if v.kind != kindFunc {
		m.fail("EINVAL", "arg%d expected pointer to func", i)
		return false
	}
	c.fn = int32(v.size)
	return true
}

// fieldOfKind is the field of a map's value that a parameter points to.
var fieldOfKind = map[kfuncArgKind]fieldKind{
	kargWorkqueue: fieldWorkqueue, kargTimer: fieldTimer, kargTaskWork: fieldTaskWork,
}

// kfuncField checks a pointer to a field of a map's value.
func (m *machine) kfuncField(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	if v.kind != kindMapValue || v.flags != 0 {
		m.fail("EINVAL", "%s doesn't point to a map value", m.argName(i))
		return false
	}
	if !m.fieldAt(r, v, fieldOfKind[a.kind]) {
		return false
	}
	c.mapi, c.uid = v.mapi, v.uid
	return true
}

// sameMap checks that the map that is passed is the one that holds the field
// which was passed before.
func (m *machine) sameMap(c *kfuncCall, v *value) bool {
	if c.mapi < 0 || c.mapi == v.mapi && c.uid == v.uid {
		return true
	}
	switch info := &m.maps[v.mapi]; {
	case info.has(fieldTaskWork):
		m.fail("EINVAL", "bpf_task_work pointer in R2 map_uid=%d doesn't match map pointer in R3 map_uid=%d", c.uid, v.uid)
	case info.has(fieldWorkqueue):
		m.fail("EINVAL", "workqueue pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d", c.uid, v.uid)
	default:
		return true
	}
	return false
}

// kfuncCallback queues the function that a kfunc has called later. Such
// functions may sleep.
func (m *machine) kfuncCallback(c *kfuncCall) bool {
	switch c.special {
	case kfuncRBAdd:
		return m.compareNodes(c)
	case kfuncCallback:
	default:
		return true
	}
	args := fieldArgs(c.mapi, c.uid)
	f := m.callLater(c.fn, &args, true)
	if f != nil {
		f.anyResult = strings.HasPrefix(c.name, "bpf_task_work_")
	}
	return f != nil
}

// markKfuncCallback is markCallback for kfuncs.
func (m *machine) markKfuncCallback(at int32) {
	if fn := m.insns[at].fn; fn >= 0 {
		switch m.kfuncs[fn].special {
		case kfuncCallback:
			m.insns[at].marks |= markJoin
		case kfuncRBAdd:
			m.markTurn(at, turnCallback)
		}
	}
}
