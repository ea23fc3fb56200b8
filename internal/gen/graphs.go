package gen

import "github.com/bpflint/bpflint/cfg"

// graphField is a list or tree of graphMembers.
type graphField struct {
	off  int32
	tree bool
	of   int   // index of the nodes' type in localTypes
	node int32 // offset of the member that links them
}

var graphFields = []graphField{
	{8, false, localLinked, 0}, {24, true, localTreed, 8}, {40, false, localShared, 8}, {56, true, localShared, 32}, {72, false, localNest, 24},
}

// linkState is what became of an object.
type linkState uint8

const (
	gone linkState = iota
	owned
	inGraph // in a list or tree
)

// graphNode is an object of the program in a register.
type graphNode struct {
	reg   uint8
	of    int // index in localTypes
	off   int32
	state linkState
	maybe bool // or null
}

// graphUse is some work on the lists and trees beside a lock.
type graphUse struct {
	*maker
	v     uint8 // points to the lock
	inMap bool
	nodes []graphNode
	base  int // index of the first node that may be given away here
	level int // of conditions
}

// graph uses the lists and trees of a map's value or of an own object.
func (m *maker) graph() {
	if !m.locks() || m.held > 0 && !m.one(4) || m.depth > 3 {
		return
	}
	switch m.IntN(5) {
	case 0, 1:
		m.withElement(mapGraph, func(v uint8) { (&graphUse{maker: m, v: v, inMap: true}).run(false) })
	case 2:
		m.withOwn(localResHolder, func(v uint8) { (&graphUse{maker: m, v: v}).run(true) })
	default:
		m.withOwn(localHolder, func(v uint8) { (&graphUse{maker: m, v: v}).run(false) })
	}
}

// withOwn makes an object, does something with it and drops it.
func (m *maker) withOwn(index int, use func(r uint8)) {
	r, ok := m.saved()
	if !ok || !m.permits("bpf_obj_new_impl") {
		return
	}
	m.newOwn(r, index, "bpf_obj_new_impl")
	at := -1
	if !m.one(80) {
		at = m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	}
	before := m.regs
	m.pin(r)
	m.held++
	use(r)
	m.held--
	m.unpin(r)
	if !m.one(80) {
		m.dropOwn(r, 0)
	}
	if at >= 0 {
		m.land(at)
		m.forgetChanged(&before)
	}
}

// dropOwn drops the object off bytes before the pointer in a register.
func (m *maker) dropOwn(r uint8, off int32) {
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
	if off != 0 && !m.one(40) {
		m.emit(cfg.ClassALU64|cfg.AluSUB, 1, 0, 0, off)
	}
	m.constantTo(2, 0)
	m.kfuncCall("bpf_obj_drop_impl")
}

// run makes nodes, works with them while the lock is held, and drops those that
// are left.
func (u *graphUse) run(resilient bool) {
	if n := u.IntN(3); n > 0 && len(u.nodes) < n && (!u.inMap || u.one(6)) {
		f := graphFields[u.IntN(len(graphFields))]
		r, ok := u.saved()
		if !ok || !u.permits("bpf_obj_new_impl") {
			return
		}
		u.makeNode(r, f, func() { u.run(resilient) })
		return
	}
	skip := -1
	if !u.one(40) {
		skip = u.lock(resilient)
	}
	u.held++
	for range 1 + u.IntN(4) {
		u.step()
	}
	u.held--
	if !u.one(60) {
		u.unlock(resilient)
	}
	u.dropNodes()
	if skip >= 0 {
		u.land(skip)
		for i := range u.nodes {
			u.nodes[i].state = gone
		}
	}
}

// makeNode makes an object that a list or tree can hold, and works with it.
func (u *graphUse) makeNode(r uint8, f graphField, use func()) {
	u.newOwn(r, f.of, "bpf_obj_new_impl")
	at := u.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	u.pin(r)
	u.nodes = append(u.nodes, graphNode{reg: r, of: f.of, state: owned})
	use()
	u.unpin(r)
	u.land(at)
}

// lock takes the lock. It returns the jump over what is done with the lock
// held, -1 when the lock is always taken.
func (u *graphUse) lock(resilient bool) int {
	u.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, u.v, 0, 0)
	if !resilient {
		u.helperCall(93)
		u.set(0, none)
		return -1
	}
	u.kfuncCall("bpf_res_spin_lock")
	for _, n := range u.nodes { // what cannot be locked loses nothing
		if n.state == owned && !u.one(40) {
			at := u.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
			u.dropOwn(n.reg, n.off)
			u.constantTo(0, 1)
			u.land(at)
		}
	}
	return u.emit(cfg.ClassJMP|cfg.JmpJNE, 0, 0, 0, 0)
}

func (u *graphUse) unlock(resilient bool) {
	u.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, u.v, 0, 0)
	if resilient {
		u.kfuncCall("bpf_res_spin_unlock")
		return
	}
	u.helperCall(94)
	u.set(0, none)
}

// dropNodes drops what the program owns, and rarely touches what it does not.
func (u *graphUse) dropNodes() {
	for i := range u.nodes {
		n := &u.nodes[i]
		switch {
		case n.state == owned && !u.one(60):
			at := -1
			if n.maybe && !u.one(40) {
				at = u.emit(cfg.ClassJMP|cfg.JmpJEQ, n.reg, 0, 0, 0)
			}
			u.dropOwn(n.reg, n.off)
			if at >= 0 {
				u.land(at)
			}
		case n.state == inGraph && u.one(20):
			u.access(n.reg, int16(-n.off)+localNumbers[n.of][0], cfg.SizeDW)
		}
		if n.state == owned && n.maybe {
			u.unpin(n.reg)
		}
		n.state = gone
	}
}

// lockedSteps are what else happens with a lock held: nothing that calls.
var lockedSteps []func(*maker)

func init() { // a literal would refer to itself by way of block
	lockedSteps = []func(*maker){
		(*maker).alu, (*maker).alu, (*maker).mov, (*maker).constant, (*maker).spill, (*maker).fill, (*maker).branch, (*maker).bound,
		(*maker).walk, (*maker).readObject, (*maker).readOwn, (*maker).readOwn, (*maker).callGlobalRarely,
	}
}

func (m *maker) callGlobalRarely() {
	if m.one(20) {
		m.callGlobalMaybe()
	}
}

// readOwn reads or writes an object of the program.
func (m *maker) readOwn() {
	if r, ok := m.objectReg(0, own); ok {
		m.access(r, int16(m.IntN(9)*8)-32, cfg.SizeDW)
	}
}

// others does something that has nothing to do with lists.
func (u *graphUse) others(n int) {
	menu := u.menu
	if !u.one(40) {
		u.menu = lockedSteps
	}
	u.block(n)
	u.menu = menu
}

// step does something with the lists and trees.
func (u *graphUse) step() {
	f := graphFields[u.IntN(len(graphFields))]
	switch u.IntN(9) {
	case 0, 1:
		u.insert(f)
	case 2:
		u.others(1 + u.IntN(2))
	case 3, 4:
		u.take(f)
	case 5:
		u.look(f)
	case 6, 7:
		u.useNode()
	case 8:
		u.removeNode(f)
	}
}

// find returns a node in a state, mostly one that a list or tree can hold.
func (u *graphUse) find(f graphField, state linkState) *graphNode {
	for i := range u.nodes {
		if n := &u.nodes[i]; n.state == state && !n.maybe && n.of == f.of && (state == inGraph || i >= u.base) || u.one(60) {
			return n
		}
	}
	return nil
}

// pass passes the member that links a node.
func (u *graphUse) pass(r uint8, n *graphNode, f graphField) {
	u.fieldAddress(r, n.reg, f.node-n.off)
}

// insert puts a node into a list or tree.
func (u *graphUse) insert(f graphField) {
	n := u.find(f, owned)
	for i := 0; n == nil && i < len(graphFields); i++ {
		f = graphFields[i]
		n = u.find(f, owned)
	}
	if n == nil {
		return
	}
	u.fieldAddress(1, u.v, f.off)
	u.pass(2, n, f)
	u.constantTo(4, 0)
	if f.tree {
		want := wanted{typ: typeFollowed, menu: lockedSteps}
		want.regs[1], want.regs[2] = own, own
		u.address(3, &want)
		u.constantTo(5, 0)
		u.kfuncCall("bpf_rbtree_add_impl")
	} else {
		u.constantTo(3, 0)
		u.kfuncCall([]string{"bpf_list_push_front_impl", "bpf_list_push_back_impl"}[u.IntN(2)])
	}
	n.state = inGraph
}

// take takes a node out of a list.
func (u *graphUse) take(f graphField) {
	if f.tree || !u.canKeep() {
		u.look(f)
		return
	}
	u.fieldAddress(1, u.v, f.off)
	u.kfuncCall([]string{"bpf_list_pop_front", "bpf_list_pop_back"}[u.IntN(2)])
	u.result(f, owned)
}

// look looks at a node of a list or tree.
func (u *graphUse) look(f graphField) {
	names := []string{"bpf_list_front", "bpf_list_back"}
	if f.tree {
		names = []string{"bpf_rbtree_first", "bpf_rbtree_root"}
	}
	name := names[u.IntN(2)]
	if !u.permits(name) {
		return
	}
	u.fieldAddress(1, u.v, f.off)
	u.kfuncCall(name)
	u.result(f, inGraph)
}

// removeNode takes a node out of some tree, or looks at those below it.
func (u *graphUse) removeNode(graphField) {
	f := graphFields[[]int{1, 3}[u.IntN(2)]]
	n := u.find(f, inGraph)
	if u.one(4) {
		n = u.find(f, owned)
	}
	name := []string{"bpf_rbtree_remove", "bpf_rbtree_remove", "bpf_rbtree_left", "bpf_rbtree_right"}[u.IntN(4)]
	if !u.canKeep() {
		name = "bpf_rbtree_left"
	}
	if n == nil || !u.permits(name) {
		return
	}
	u.fieldAddress(1, u.v, f.off)
	u.pass(2, n, f)
	u.kfuncCall(name)
	state := inGraph
	if name == "bpf_rbtree_remove" {
		state = owned
	}
	u.result(f, state)
}

// result keeps a node that a call returned in a register that survives calls. Where
// there is none, it only looks at it.
func (u *graphUse) result(f graphField, state linkState) {
	if r, ok := u.saved(); ok {
		u.copyReg(r, 0)
		u.set(r, own)
		u.keep(graphNode{reg: r, of: f.of, off: f.node, state: state, maybe: true})
		return
	}
	at := u.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	u.access(0, localNumbers[f.of][0]-int16(f.node), cfg.SizeDW)
	u.land(at)
}

// canKeep reports whether there is a register for what would be lost otherwise.
func (u *graphUse) canKeep() bool {
	_, ok := u.saved()
	return ok || u.one(20)
}

// keep works with a node that may be null where it is not. What is found there
// is null where the node is.
func (u *graphUse) keep(n graphNode) {
	u.nodes = append(u.nodes, n)
	at := len(u.nodes) - 1
	u.pin(n.reg)
	if u.level < 3 && !u.one(6) {
		u.whereFound(at)
	}
	kept := &u.nodes[at]
	kept.maybe = true
	if kept.state == inGraph {
		kept.state = gone
		u.unpin(n.reg)
	}
}

// whereFound takes a few steps where the node with an index is not null.
func (u *graphUse) whereFound(at int) {
	reg, before, base := u.nodes[at].reg, u.regs, u.base
	jump := u.emit(cfg.ClassJMP|cfg.JmpJEQ, reg, 0, 0, 0)
	u.nodes[at].maybe, u.base = false, at
	u.level++
	for range 1 + u.IntN(2) {
		u.step()
	}
	u.level--
	u.base = base
	end := u.emit(cfg.ClassJMP|cfg.JmpJA, 0, 0, 0, 0)
	u.land(jump)
	for i := at + 1; i < len(u.nodes); i++ {
		if n := &u.nodes[i]; n.state == owned && !u.one(40) {
			u.constantTo(n.reg, 0)
			n.maybe = true
		}
	}
	u.land(end)
	u.forgetChanged(&before)
}

// useNode reads or writes a node, or takes another reference to it.
func (u *graphUse) useNode() {
	if len(u.nodes) == 0 {
		return
	}
	n := u.nodes[u.IntN(len(u.nodes))]
	if (n.maybe || n.state == gone) && !u.one(20) {
		return
	}
	if (n.of == localShared && u.one(2) || u.one(30)) && u.canKeep() && u.permits("bpf_refcount_acquire_impl") {
		u.fieldAddress(1, n.reg, -n.off)
		u.constantTo(2, 0)
		u.kfuncCall("bpf_refcount_acquire_impl")
		u.result(graphField{of: n.of}, owned)
		return
	}
	off := localNumbers[n.of][0]
	if u.one(20) {
		off = int16(8 * u.IntN(9))
	}
	u.access(n.reg, off-int16(n.off), cfg.SizeDW)
}
