package absint

import "github.com/cilium/ebpf/btf"

// argumentTimer checks a pointer to the timer in a map's value. The map is the
// one that other arguments of the call have to be about.
func (m *machine) argumentTimer(c *helperCall, r uint8) bool {
	v := m.reg(r)
	if !m.fieldAt(r, v, fieldTimer) {
		return false
	}
	c.mapi, c.uid = v.mapi, v.uid
	return true
}

// fieldAt checks that v points to the field of a kind in the value of its map,
// of which there can be only one.
func (m *machine) fieldAt(r uint8, v *value, k fieldKind) bool {
	info, name := &m.maps[v.mapi], fieldNames[k]
	at := int64(v.off) + int64(v.num.Tnum.Value)
	switch f := info.field(k); {
	case !v.num.IsConst() && (k != fieldWorkqueue || m.rules.workOffsets):
		m.fail("EINVAL", "R%d doesn't have constant offset. %s has to be at the constant offset", r, name)
	case !info.typed:
		m.fail("EINVAL", "map '%s' has to have BTF in order to use %s", info.Name, name)
	case f == nil && !m.rules.callbacks.records && isStruct(info.Spec.Value):
		m.fail("EINVAL", "map '%s' doesn't have 'struct %s'", info.Name, name)
	case f == nil && !m.rules.callbacks.records:
		m.fail("EINVAL", "map '%s' is not a struct type or %s is mangled", info.Name, name)
	case f == nil:
		m.fail("EINVAL", "map '%s' has no valid %s", info.Name, name)
	case int64(f.off) != at:
		m.fail("EINVAL", "off %d doesn't point to 'struct %s' that is at %d", at, name, f.off)
	default:
		return true
	}
	return false
}

func isStruct(t btf.Type) bool {
	_, ok := btf.UnderlyingType(t).(*btf.Struct)
	return ok
}
