package absint

import "github.com/bpflint/bpflint/internal/linux"

// flagsTrusted are qualifiers of pointers that programs may rely on.
const flagsTrusted = flagTrusted | flagAlloc | flagNonOwning

// kfuncObject checks a pointer to an object of the kernel, or to a map.
func (m *machine) kfuncObject(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	switch {
	case a.kind == kargMap && !hasMap(v):
		m.fail("EINVAL", "pointer in R%d isn't map pointer", r)
		return false
	case a.kind == kargMap && !m.sameMap(c, v):
		return false
	case a.kind == kargAlloc:
	case a.kind == kargMap:
		c.mapi, c.uid = v.mapi, v.uid
	case !a.isStruct && m.rules.kfuncs.regs:
		m.fail("EINVAL", "kernel function %s R%d pointer type %s %s is not supported", c.name, r, a.class, a.typeName)
		return false
	case !a.isStruct:
		m.fail("EINVAL", "kernel function %s args#%d pointer type %s %s is not supported", c.name, i, a.class, a.typeName)
		return false
	}
	if m.wantsTrusted(c) && !v.isTrusted() {
		if !c.has(linux.KfuncRCU) {
			m.fail("EINVAL", "R%d must be referenced or trusted", r)
			return false
		}
		if v.flags&flagRCU == 0 {
			m.fail("EINVAL", "R%d must be a rcu pointer", r)
			return false
		}
	}
	if !m.argumentOffset(m.kfuncOffsets(c, v, r), r) {
		return false
	}
	if a.kind == kargAlloc {
		return m.kfuncOwnObject(c, i)
	}
	unsafe := v.flags&^flagsTrusted != 0
	if (v.kind != kindBTF || unsafe && v.flags&flagRCU == 0) && !standsForObject(v.kind) {
		m.fail("EINVAL", "%s is %s expected %s or socket", m.argName(i), v.name(), typeName(v.kind, v.flags&flagsTrusted))
		return false
	}
	if a.kind == kargMap && v.kind == kindConstMap {
		return true
	}
	return m.kfuncObjectType(c, a, i)
}

// objectTypes are the types of the objects that pointers of some kinds stand
// for.
var objectTypes = [kindCount]string{
	kindSocket: "sock", kindSockCommon: "sock_common", kindTCPSock: "tcp_sock", kindConstMap: "bpf_map",
}

// standsForObject reports whether pointers of a kind are pointers to a known
// object of the kernel.
func standsForObject(k kind) bool { return objectTypes[k] != "" }

// kfuncObjectType compares the type of the object with the parameter's.
func (m *machine) kfuncObjectType(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := *m.reg(r)
	want := kernelType(a.typ)
	if a.kind == kargMap {
		var ok bool
		if want, ok = m.findStruct(objectTypes[kindConstMap]); !ok {
			return m.unsupported("kernel without struct bpf_map") != failed
		}
	}
	if v.kind != kindBTF {
		t, ok := m.findStruct(objectTypes[v.kind])
		if !ok {
			return m.unsupported("kernel without struct "+objectTypes[v.kind]) != failed
		}
		v.size, v.types = uint32(t.id), t.types
	}
	has, takes := m.nameOf(v.typ()), m.nameOf(want)
	exact := c.has(linux.KfuncRelease) && v.ref != 0 || initAlias(has, takes)
	if takes == "__sk_buff" && has == "sk_buff" || takes == "xdp_md" && has == "xdp_buff" {
		return true
	}
	if m.hasType(&v, v.off+int32(v.num.Tnum.Value), want, exact) {
		return true
	}
	if m.rules.kfuncs.regs {
		m.fail("EINVAL", "kernel function %s R%d expected pointer to %s %s but R%d has a pointer to %s %s",
			c.name, r, m.kindOf(want), takes, r, m.kindOf(v.typ()), has)
	} else {
		m.fail("EINVAL", "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s",
			c.name, i, m.kindOf(want), takes, r, m.kindOf(v.typ()), has)
	}
	return false
}

// initAlias reports whether one type is the other before it is initialised:
// they have the same layout and must not be mixed up.
func initAlias(a, b string) bool { return a == b+"___init" || b == a+"___init" }

// hasMap reports whether the kernel finds something where it expects the map
// of a pointer.
func hasMap(v *value) bool {
	switch v.kind {
	case kindConstMap, kindMapValue, kindMapKey, kindBTF:
		return true
	case kindMem:
		return v.size != 0
	}
	return false
}
