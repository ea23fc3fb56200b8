package btf

import (
	"bytes"

	"github.com/bpflint/bpflint/internal/linux"
)

// Structs whose members the kernel itself writes to, such as locks and nodes of
// lists, and pointers to kernel objects must not overlap or lack what they
// need. Only structs are looked at that have such a member themselves.

// special is a sort of member that the kernel knows; a bit each.
type special uint16

const (
	specialLock special = 1 << iota
	specialResLock
	specialListHead
	specialListNode
	specialTreeRoot
	specialTreeNode
	specialRefcount
	specialUntrusted // pointers to kernel objects
	specialPointer
	specialPerCPU

	specialNone special = 0
	anyRoot             = specialListHead | specialTreeRoot
	anyNode             = specialListNode | specialTreeNode
	anyLock             = specialLock | specialResLock
	anyPointer          = specialUntrusted | specialPointer | specialPerCPU
	repeatable          = anyRoot | anyPointer
)

// specialType is a struct that the kernel knows by its name. In arrays only
// repeatable ones may stand; unique ones stand once in a struct.
type specialType struct {
	kind        special
	name        string
	size, align uint32
	unique      bool
	marks       bool // a member of this type makes a struct worth a look
}

var specialTypes = []specialType{
	{specialLock, "bpf_spin_lock", 4, 4, true, true},
	{specialResLock, "bpf_res_spin_lock", 4, 4, true, false},
	{specialListHead, "bpf_list_head", 16, 8, false, true},
	{specialListNode, "bpf_list_node", 24, 8, false, true},
	{specialTreeRoot, "bpf_rb_root", 16, 8, false, true},
	{specialTreeNode, "bpf_rb_node", 32, 8, false, true},
	{specialRefcount, "bpf_refcount", 4, 4, true, true},
}

// pointerTags are the tags of pointers to kernel objects.
var pointerTags = []struct {
	kind special
	name string
}{
	{specialUntrusted, "kptr_untrusted"}, {specialPointer, "kptr"}, {specialPerCPU, "percpu_kptr"},
}

const (
	maxFields     = 11 // in a struct
	maxOwnerDepth = 8
)

// field is a special member.
type field struct {
	kind special
	off  uint32
	size uint32
	typ  uint32 // what a pointer points to, or what a list or tree holds
	node []byte // member of typ that links it, at nodeOff
	mine bool   // the pointer is to a type of the program, not of the kernel

	nodeOff uint32
}

// layout is a struct with special members.
type layout struct {
	id     uint32
	kinds  special
	fields []field
}

// specials validates special members.
type specials struct {
	*checker
	// height of structs without special members: how deep they nest, plus 1.
	barren map[uint32]int
}

// checkSpecial is the last step of a kernel's validation. Its refusals leave no
// line in the log.
func (c *checker) checkSpecial() *Refusal {
	if !c.has(linux.BTFSpecialFields) {
		return nil
	}
	marks := c.marks()
	if len(marks) == 0 {
		return nil
	}
	s := &specials{checker: c, barren: make(map[uint32]int)}
	for id := uint32(1); id < c.count(); id++ {
		t, _ := c.record(id)
		if c.kind(&t) != KindStruct || !c.hasMark(&t, marks) {
			continue
		}
		if r := s.add(&t); r != nil {
			return r
		}
	}
	return s.checkOwners()
}

// marks returns the types whose presence makes a struct worth a look: the first
// struct of each name, and pointers to kernel objects.
func (c *checker) marks() map[uint32]bool {
	marks := make(map[uint32]bool)
	seen := specialNone
	for id := uint32(1); id < c.count(); id++ {
		t, _ := c.record(id)
		if c.kind(&t) == KindStruct {
			if row := c.specialType(&t); row >= 0 && specialTypes[row].marks && seen&specialTypes[row].kind == 0 {
				seen |= specialTypes[row].kind
				marks[id] = true
			}
		}
		if f, r := c.pointer(&t); r == nil && f.kind != specialNone {
			marks[id] = true
		}
	}
	return marks
}

func (c *checker) hasMark(t *record, marks map[uint32]bool) bool {
	for i := range c.vlen(t) {
		if marks[c.member(t, i).typ] {
			return true
		}
	}
	return false
}

// specialType returns the row of a type's name, -1 when it is none of them.
func (c *checker) specialType(t *record) int {
	name := c.name(t.name)
	if !bytes.HasPrefix(name, []byte("bpf_")) {
		return -1
	}
	for i := range specialTypes {
		if string(name) == specialTypes[i].name && (specialTypes[i].kind != specialResLock || c.has(linux.BTFResilientLock)) {
			return i
		}
	}
	return -1
}

// add collects the special members of a struct and checks them together.
func (s *specials) add(t *record) *Refusal {
	fields, r := s.find(t, nil, 0, new(special))
	if r != nil {
		return r
	}
	if len(fields) == 0 {
		return silent(efault, "a special member of struct "+s.shown(t.name)+" is misplaced")
	}
	l := layout{id: t.id, fields: fields}
	next := uint32(0)
	for i := range fields {
		f := &fields[i]
		switch {
		case uint64(f.off)+uint64(f.size) > uint64(t.val):
			return silent(efault, "a special member lies outside of struct "+s.shown(t.name))
		case f.off < next:
			return silent(eexist, "special members of struct "+s.shown(t.name)+" overlap")
		}
		next = f.off + f.size
		l.kinds |= f.kind
		if r := s.resolveField(f); r != nil {
			return r
		}
	}
	switch {
	case l.kinds&anyLock == anyLock:
		return silent(einval, "struct "+s.shown(t.name)+" has two sorts of locks")
	case l.kinds&anyRoot != 0 && l.kinds&anyLock == 0:
		return silent(einval, "struct "+s.shown(t.name)+" has a list or tree and no lock")
	case l.kinds&anyNode == anyNode && l.kinds&specialRefcount == 0:
		return silent(einval, "struct "+s.shown(t.name)+" has nodes of a list and a tree and no bpf_refcount")
	}
	s.layouts = append(s.layouts, l)
	return nil
}
