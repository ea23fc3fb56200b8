package btf

import (
	"fmt"

	"github.com/bpflint/bpflint/internal/linux"
)

// A type is resolved when all that it needs has been found to exist and, where
// it matters, to have a size. Kernels walk depth first with a stack of 32 types
// and decide by the first pointer, struct or array on it how far to walk: a
// struct need not know what its pointers point to, a pointer must not lead to
// itself through pointers. What a kernel refuses depends on the order of this
// walk, and so does the wording; so the walk is the same here.

const maxResolve = 32

// goal is how far a walk has to go.
type goal uint8

const (
	goalOpen   goal = iota // not decided yet: until a type refers to no other
	goalPtr                // until something is no pointer and no modifier
	goalLayout             // until the size is known
)

// progress of a type.
type progress uint8

const (
	unseen progress = iota
	onStack
	resolved
)

// resolver holds what is known of references.
type resolver struct {
	states []progress
	// targets are what modifiers and the like lead to, by ID; sizes are those
	// of arrays.
	targets, sizes []uint32
	stack          [maxResolve]frame
	depth          int
	goal           goal
}

// frame is a type on the stack.
type frame struct {
	t    record
	next uint32 // element to go on with
}

// needing kinds must be resolved.
func (c *checker) needs(k Kind) bool {
	if k == KindFunc {
		return c.has(linux.BTFFuncResolve)
	}
	return needing.has(k)
}

var needing = modifiers | composed | roots | setOf(KindPointer, KindArray)

// checkReferences resolves all types.
func (c *checker) checkReferences() *Refusal {
	n := c.count()
	c.states = make([]progress, n)
	numbers := make([]uint32, 2*n)
	c.targets, c.sizes = numbers[:n:n], numbers[n:]
	for id := uint32(1); id < n; id++ {
		t := c.decode(id, c.starts[id])
		k := c.kind(&t)
		if r := c.resolveOnce(&t, k); r != nil {
			return r
		}
		switch {
		case k == KindFuncProto:
			if r := c.checkProto(&t); r != nil {
				return r
			}
		case k == KindFunc && !c.needs(k):
			if text := c.funcText(&t); text != "" {
				return c.refuse(&t, text)
			}
		}
	}
	return nil
}

func (c *checker) resolveOnce(t *record, k Kind) *Refusal {
	if c.needs(k) && c.states[t.id] != resolved {
		return c.resolve(t)
	}
	return nil
}

// resolve walks from a type until all that it needs is resolved.
func (c *checker) resolve(root *record) *Refusal {
	c.goal, c.depth = goalOpen, 0
	c.push(*root)
	for c.depth > 0 {
		f := &c.stack[c.depth-1]
		next, r := resolvers[c.kind(&f.t)](c, f)
		if r != nil {
			return r
		}
		if next == 0 {
			continue
		}
		switch {
		case c.depth == maxResolve:
			r = c.refuse(root, fmt.Sprintf("Exceeded max resolving depth:%d", maxResolve))
			r.Errno = e2big
		case c.states[next] != unseen:
			r = c.refuse(root, "Loop detected")
			r.Errno = eexist
		}
		if r != nil {
			return r
		}
		c.push(c.decode(next, c.starts[next]))
	}
	return nil
}

func (c *checker) push(t record) {
	c.states[t.id] = onStack
	c.stack[c.depth] = frame{t: t}
	c.depth++
	if c.goal != goalOpen {
		return
	}
	switch k := c.kind(&t); {
	case k == KindPointer:
		c.goal = goalPtr
	case k == KindArray, composed.has(k):
		c.goal = goalLayout
	}
}

// pop marks the type on top as resolved.
func (c *checker) pop(target, size uint32) {
	c.depth--
	id := c.stack[c.depth].t.id
	c.targets[id], c.sizes[id], c.states[id] = target, size, resolved
}

// open reports whether the walk must go on to a type before the one that
// refers to it can be resolved.
func (c *checker) pending(t *record) bool {
	if c.states[t.id] == resolved {
		return false
	}
	switch k := c.kind(t); c.goal {
	case goalPtr:
		return k == KindPointer || modifiers.has(k)
	case goalLayout:
		return k == KindArray || modifiers.has(k) || composed.has(k)
	default:
		return c.needs(k)
	}
}

// sizeOf returns the type that an ID leads to through modifiers, and its size.
// It is not ok for what has no size.
func (c *checker) sizeOf(id uint32) (t record, size uint32, ok bool) {
	t, ok = c.record(id)
	if !ok {
		return t, 0, false
	}
	if k := c.kind(&t); modifiers.has(k) || k == KindVar {
		t, _ = c.record(c.targets[id])
	}
	switch k := c.kind(&t); {
	case sized.has(k):
		return t, t.val, true
	case k == KindArray:
		return t, c.sizes[t.id], true
	case k == KindPointer:
		return t, 8, true
	}
	return t, 0, false
}

// resolvers do the next step for the type on top of the stack. They return the
// type that must be resolved before, or 0.
var resolvers = [kindCount]func(c *checker, f *frame) (uint32, *Refusal){
	KindPointer:  resolvePtr,
	KindArray:    resolveArray,
	KindStruct:   resolveMembers,
	KindUnion:    resolveMembers,
	KindTypedef:  resolveModifier,
	KindVolatile: resolveModifier,
	KindConst:    resolveModifier,
	KindRestrict: resolveModifier,
	KindTypeTag:  resolveModifier,
	KindFunc:     resolveFunc,
	KindVar:      resolveVar,
	KindDatasec:  resolveVariables,
	KindDeclTag:  resolveDeclTag,
}

// referred returns the type that another refers to.
func (c *checker) referred(t *record) (record, bool) {
	next, ok := c.record(t.val)
	return next, ok && !roots.has(c.kind(&next))
}

func resolveModifier(c *checker, f *frame) (uint32, *Refusal) {
	next, ok := c.referred(&f.t)
	if !ok {
		return 0, c.refuse(&f.t, "Invalid type_id")
	}
	if c.pending(&next) {
		return next.id, nil
	}
	return 0, c.finishReference(f, &next)
}

// finishReference ends a modifier or a pointer, which may also lead to void, to
// what is only declared, and to the type of a function.
func (c *checker) finishReference(f *frame, next *record) *Refusal {
	if t, _, ok := c.sizeOf(next.id); ok {
		c.pop(t.id, 0)
		return nil
	}
	end := *next
	if c.states[next.id] == resolved {
		end, _ = c.record(c.targets[next.id])
	}
	switch c.kind(&end) {
	case KindVoid, KindForward, KindFuncProto:
		c.pop(end.id, 0)
		return nil
	}
	return c.refuse(&f.t, "Invalid type_id")
}

// pointerBehind returns the pointer that a resolved modifier leads to when the
// walk still has to go there, 0 if not: for a struct it stopped at the pointer.
func (c *checker) pointerBehind(next *record) uint32 {
	if !modifiers.has(c.kind(next)) {
		return 0
	}
	t, _ := c.record(c.targets[next.id])
	if c.kind(&t) == KindPointer && c.pending(&t) {
		return t.id
	}
	return 0
}

func resolvePtr(c *checker, f *frame) (uint32, *Refusal) {
	next, ok := c.referred(&f.t)
	if !ok {
		return 0, c.refuse(&f.t, "Invalid type_id")
	}
	if c.pending(&next) {
		return next.id, nil
	}
	if behind := c.pointerBehind(&next); behind != 0 {
		return behind, nil
	}
	return 0, c.finishReference(f, &next)
}

func resolveVar(c *checker, f *frame) (uint32, *Refusal) {
	next, ok := c.referred(&f.t)
	if !ok {
		return 0, c.refuse(&f.t, "Invalid type_id")
	}
	if c.pending(&next) {
		return next.id, nil
	}
	if behind := c.pointerBehind(&next); behind != 0 {
		return behind, nil
	}
	t, _, ok := c.sizeOf(next.id)
	if !ok {
		return 0, c.refuse(&f.t, "Invalid type_id")
	}
	c.pop(t.id, 0)
	return 0, nil
}

// part returns the type of an element or a member, which must have a size.
func (c *checker) part(id uint32) (record, bool) {
	t, ok := c.record(id)
	k := c.kind(&t)
	return t, ok && !sizeless.has(k) && !roots.has(k)
}

func resolveArray(c *checker, f *frame) (uint32, *Refusal) {
	a := c.array(&f.t)
	index, ok := c.part(a.index)
	if ok && c.pending(&index) {
		return index.id, nil
	}
	if ok {
		index, _, ok = c.sizeOf(a.index)
	}
	if !ok || c.kind(&index) != KindInt || !c.integer(&index).regular() {
		return 0, c.refuse(&f.t, "Invalid index")
	}
	elem, ok := c.part(a.elem)
	if ok && c.pending(&elem) {
		return elem.id, nil
	}
	var size uint32
	if ok {
		elem, size, ok = c.sizeOf(a.elem)
	}
	switch {
	case !ok:
		return 0, c.refuse(&f.t, "Invalid elem")
	case c.kind(&elem) == KindInt && !c.integer(&elem).regular():
		return 0, c.refuse(&f.t, "Invalid array of int")
	case uint64(size)*uint64(a.count) > 1<<32-1:
		return 0, c.refuse(&f.t, "Array size overflows U32_MAX")
	}
	c.pop(elem.id, size*a.count)
	return 0, nil
}

func resolveMembers(c *checker, f *frame) (uint32, *Refusal) {
	for n := c.vlen(&f.t); f.next < n; f.next++ {
		m := c.member(&f.t, f.next)
		t, ok := c.part(m.typ)
		if !ok {
			return 0, c.refuseMember(&f.t, &m, "Invalid member")
		}
		if c.pending(&t) {
			return t.id, nil
		}
		if r := c.checkMember(&f.t, &m, &t); r != nil {
			return 0, r
		}
	}
	c.pop(0, 0)
	return 0, nil
}

func resolveFunc(c *checker, f *frame) (uint32, *Refusal) {
	if text := c.funcText(&f.t); text != "" {
		return 0, c.refuse(&f.t, text)
	}
	c.pop(f.t.val, 0)
	return 0, nil
}

// resolveVariables goes on behind a variable that it had to resolve, as kernels
// do: the size of such a variable is not compared.
func resolveVariables(c *checker, f *frame) (uint32, *Refusal) {
	c.goal = goalOpen
	for n := c.vlen(&f.t); f.next < n; {
		v := c.variable(&f.t, f.next)
		f.next++
		t, _ := c.record(v.typ)
		if c.kind(&t) != KindVar {
			return 0, c.refuseVariable(&v, "Not a VAR kind member")
		}
		if c.pending(&t) {
			return t.id, nil
		}
		switch _, size, ok := c.sizeOf(t.val); {
		case !ok:
			return 0, c.refuseVariable(&v, "Invalid type")
		case v.size < size:
			return 0, c.refuseVariable(&v, "Invalid size")
		}
	}
	c.pop(0, 0)
	return 0, nil
}

func (c *checker) refuseVariable(v *variable, text string) *Refusal {
	return said("%s %s", describeVariable(v), text)
}

func resolveDeclTag(c *checker, f *frame) (uint32, *Refusal) {
	next, _ := c.record(f.t.val)
	k := c.kind(&next)
	if !taggable.has(k) {
		return 0, c.refuse(&f.t, "Invalid type_id")
	}
	if c.pending(&next) {
		return next.id, nil
	}
	if component := int32(c.word(f.t.body)); component != -1 {
		tagged := next
		if k == KindFunc {
			tagged, _ = c.record(next.val)
		}
		if k == KindVar || k == KindTypedef || uint32(component) >= c.vlen(&tagged) {
			return 0, c.refuse(&f.t, "Invalid component_idx")
		}
	}
	c.pop(next.id, 0)
	return 0, nil
}
