package absint

import (
	"slices"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// graphNode says what a list or tree holds: objects of a struct, linked by a
// member of it.
type graphNode struct {
	name, member string  // of what is found when it is first asked for
	typ          typeRef // of the struct
	off          uint32  // of the member
}

// graphKinds are the parameters that lists and trees are passed for, and the
// nodes of both.
var graphKinds = map[kfuncArgKind]fieldKind{
	kargListHead: fieldListHead, kargRBRoot: fieldRBRoot, kargListNode: fieldListNode, kargRBNode: fieldRBNode,
}

// findNode finds the struct of a map's list or tree in the map's types.
func (m *machine) findNode(n *graphNode) bool {
	if n.typ.id != 0 {
		return true
	}
	types, ok := m.programTypes()
	if !ok {
		return false
	}
	id, _ := types.Find(btf.KindStruct, n.name)
	for i := range types.NumMembers(id) {
		if member := types.Member(id, i); member.Name == n.member {
			n.typ.id, n.off = id, member.Offset/8
			return true
		}
	}
	return m.unsupported("list or tree of a struct that the program does not use") != failed
}

// isNode reports whether objects of a type can be in a list or tree.
func (m *machine) isNode(t typeRef) bool {
	return slices.ContainsFunc(m.fieldsIn(t), func(f mapField) bool {
		return f.kind == fieldListNode || f.kind == fieldRBNode
	})
}

// constantOffset returns where a pointer to a field points.
func (m *machine) constantOffset(r uint8, kind fieldKind) (off int64, ok bool) {
	v := m.reg(r)
	if !v.num.IsConst() {
		m.fail("EINVAL", "R%d doesn't have constant offset. %s has to be at the constant offset", r, fieldNames[kind])
		return 0, false
	}
	return int64(v.off) + int64(v.num.Tnum.Value), true
}

// graphField returns the field of a kind that a pointer leads to.
func (m *machine) graphField(r uint8, kind fieldKind) (*mapField, bool) {
	off, ok := m.constantOffset(r, kind)
	if !ok {
		return nil, false
	}
	fields := m.fieldsOf(m.reg(r))
	for i := range fields {
		if f := &fields[i]; f.kind == kind && int64(f.off) == off {
			return f, true
		}
	}
	m.fail("EINVAL", "%s not found at offset=%d", fieldNames[kind], uint32(off))
	return nil, false
}

// kfuncGraphRoot checks the list or tree that a kfunc works on: the lock beside
// it has to be held.
func (m *machine) kfuncGraphRoot(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	own := v.kind == kindBTF && v.flags == flagAlloc
	switch {
	case !own && (v.kind != kindMapValue || v.flags != 0):
		m.fail("EINVAL", "%s expected pointer to map value or allocated object", m.argName(i))
		return false
	case own && v.ref == 0:
		m.fail("EINVAL", "allocated object must be referenced")
		return false
	}
	f, ok := m.graphField(r, graphKinds[a.kind])
	if !ok || !m.lockedWith(v, f) || !m.findNode(&f.node) {
		return false
	}
	c.root = f
	return true
}

// noLock is what messages say of the place of a lock that there is not.
const noLock = -22

// lockedWith checks that the lock is held which protects a field.
func (m *machine) lockedWith(v *value, f *mapField) bool {
	for i := range m.cur.refs[:m.cur.nrefs] {
		if h := &m.cur.refs[i]; h.kind.isLock() && h.isOf(v) {
			return true
		}
	}
	if m.cur.locks > 0 {
		m.say("held lock and object are not in the same allocation")
	}
	at := noLock
	if lock := m.fieldOf(v, fieldSpinLock); lock != nil {
		at = int(lock.off)
	}
	m.fail("EINVAL", "bpf_spin_lock at off=%d must be held for %s", at, f.name())
	return false
}

// kfuncGraphNode checks a node that is put into a list or tree, or is in one.
func (m *machine) kfuncGraphNode(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	if !m.ownsNode(c, a, i) {
		return false
	}
	f, ok := m.graphField(r, graphKinds[a.kind])
	if !ok {
		return false
	}
	has, want := m.reg(r).typ(), &c.root.node
	switch {
	case has != want.typ:
		m.fail("EINVAL", "operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at offset=%d in struct %s",
			c.root.name(), f.name(), want.off, m.nameOf(want.typ), f.off, m.nameOf(has))
	case f.off != want.off:
		m.fail("EINVAL", "arg#1 offset=%d, but expected %s at offset=%d in struct %s", f.off, f.name(), want.off, m.nameOf(want.typ))
	default:
		return true
	}
	return false
}

// ownsNode checks that the program owns a node that is to be linked, or that
// one which is linked is passed where such are taken.
func (m *machine) ownsNode(c *kfuncCall, a *kfuncArg, i int) bool {
	v := m.reg(uint8(i + 1))
	linked := m.isLinked(v) && v.ref == 0
	switch {
	case a.kind == kargRBNode && c.special != kfuncRBAdd:
		return m.mayBeLinked(c, v, linked)
	case a.suffix == linux.SuffixNonOwnAllowed && linked:
		return true
	case v.kind != kindBTF || v.flags != flagAlloc:
		m.fail("EINVAL", "%s expected pointer to allocated object", m.argName(i))
	case v.ref == 0:
		m.fail("EINVAL", "allocated object must be referenced")
	default:
		return true
	}
	return false
}

// mayBeLinked checks a node that is expected to be in a tree.
func (m *machine) mayBeLinked(c *kfuncCall, v *value, linked bool) bool {
	name := c.name
	switch {
	case !m.rules.kfuncs.ownedNodes && !linked:
		m.fail("EINVAL", "rbtree_remove node input must be non-owning ref")
		return false
	case !linked && v.ref == 0:
		m.fail("EINVAL", "%s can only take non-owning or refcounted bpf_rb_node pointer", c.name)
		return false
	case !m.inTreeCallback():
		return true
	case !m.rules.kfuncs.ownedNodes:
		name = "rbtree_remove"
	}
	m.fail("EINVAL", "%s not allowed in rbtree cb", name)
	return false
}

// inTreeCallback reports whether the path is in a function that compares the
// nodes of a tree, with the lock of the tree held.
func (m *machine) inTreeCallback() bool {
	for i := m.cur.depth; i > 0; i-- {
		if f := m.cur.frames[i]; f.role == roleSync && m.callsTree(f.callsite) {
			return true
		}
		if !m.rules.kfuncs.outerTrees {
			return false
		}
	}
	return false
}

func (m *machine) callsTree(at int32) bool {
	in := &m.insns[at]
	return in.op == opCallKfunc && in.fn >= 0 && m.kfuncs[in.fn].special == kfuncRBAdd
}

// compareNodes queues another call of the function that compares a node which is
// put into a tree with one that is there.
func (m *machine) compareNodes(c *kfuncCall) bool {
	if !m.rules.callbacks.converge {
		return m.unsupported("trees before Linux 6.7") != failed
	}
	args := noArguments()
	args[0] = m.nodePointer(&c.root.node, m.linkedFlags(c.root.node.typ))
	args[1] = args[0]
	return m.callTurn(c.fn, &args)
}

// nodePointer points to the member by which an object is linked.
func (m *machine) nodePointer(n *graphNode, f flags) value {
	v := typedPointer(n.typ, f)
	v.off = int32(n.off)
	return v
}

// returnNode makes the result of a kfunc that takes a node out of a list or tree,
// or only looks at it.
func (m *machine) returnNode(c *kfuncCall) value {
	f := flagAlloc
	if !c.has(linux.KfuncAcquire) {
		f = m.linkedFlags(c.root.node.typ)
	}
	return m.nodePointer(&c.root.node, f)
}
