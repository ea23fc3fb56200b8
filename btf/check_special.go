package btf

import (
	"bytes"
	"slices"

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

// find appends the special members of a struct, those of nested structs
// included. unique collects the kinds that may stand once.
func (s *specials) find(t *record, fields []field, level int, unique *special) ([]field, *Refusal) {
	for i := range s.vlen(t) {
		m := s.member(t, i)
		off := m.bitOffset(t.flag())
		if off%8 != 0 {
			return nil, silent(einval, "struct "+s.shown(t.name)+" has special members and a bit field")
		}
		var r *Refusal
		if fields, r = s.findMember(t, i, m.typ, off/8, fields, level, unique); r != nil {
			return nil, r
		}
	}
	return fields, nil
}

func (s *specials) findMember(t *record, i, typ, off uint32, fields []field, level int, unique *special) ([]field, *Refusal) {
	mt, _ := s.record(typ)
	count := uint32(1)
	for range maxResolve {
		if s.kind(&mt) != KindArray {
			break
		}
		a := s.array(&mt)
		count *= a.count
		mt, _ = s.record(a.elem)
	}
	switch row := s.specialType(&mt); {
	case s.kind(&mt) == KindArray:
		return nil, silent(e2big, "an array has more than 32 dimensions")
	case count == 0:
		return fields, nil
	case row < 0 && s.kind(&mt) == KindStruct:
		return s.findNested(&mt, off, count, fields, level, unique)
	case row < 0:
		return s.findPointer(&mt, off, count, fields)
	default:
		return s.findNamed(t, i, &mt, row, off, count, fields, unique)
	}
}

// findNested looks into a member that is a struct.
func (s *specials) findNested(t *record, off, count uint32, fields []field, level int, unique *special) ([]field, *Refusal) {
	level++
	if height := s.barren[t.id]; height > 0 && level+height <= maxResolve {
		return fields, nil
	}
	if level >= maxResolve {
		return nil, silent(e2big, "structs nest too deep")
	}
	if !s.has(linux.BTFUniqueMembers) {
		unique = new(special)
	}
	n := len(fields)
	fields, r := s.find(t, fields, level, unique)
	if r != nil {
		return nil, r
	}
	if len(fields) == n {
		s.barren[t.id] = s.height(t)
		return fields, nil
	}
	for i := n; i < len(fields); i++ {
		fields[i].off += off
	}
	return s.repeat(fields, n, count, t.val)
}

// height is how deep a struct without special members nests.
func (s *specials) height(t *record) int {
	deepest := 0
	for i := range s.vlen(t) {
		mt, _ := s.record(s.member(t, i).typ)
		for s.kind(&mt) == KindArray {
			mt, _ = s.record(s.array(&mt).elem)
		}
		deepest = max(deepest, s.barren[mt.id])
	}
	return deepest + 1
}

// repeat adds the fields from n on for the further elements of an array.
func (s *specials) repeat(fields []field, n int, count, size uint32) ([]field, *Refusal) {
	found := len(fields) - n
	if count <= 1 || found == 0 {
		return fields, nil
	}
	for _, f := range fields[n:] {
		if f.kind&repeatable == 0 {
			return nil, silent(einval, "an array has special members that may stand once only")
		}
	}
	if uint64(found)*uint64(count) > uint64(maxFields-n) {
		return nil, silent(e2big, "more than 11 special members")
	}
	for i := range count - 1 {
		for j := range found {
			f := fields[n+j]
			f.off += (i + 1) * size
			fields = append(fields, f)
		}
	}
	return fields, nil
}

func (s *specials) append(fields []field, f field, count uint32) ([]field, *Refusal) {
	if len(fields) == maxFields {
		return nil, silent(e2big, "more than 11 special members")
	}
	return s.repeat(append(fields, f), len(fields), count, f.size)
}

func (s *specials) findPointer(t *record, off, count uint32, fields []field) ([]field, *Refusal) {
	if off%8 != 0 {
		return fields, nil
	}
	f, r := s.pointer(t)
	if r != nil || f.kind == specialNone {
		return fields, r
	}
	f.off, f.size = off, 8
	return s.append(fields, f, count)
}

func (s *specials) findNamed(t *record, i uint32, mt *record, row int, off, count uint32, fields []field, unique *special) ([]field, *Refusal) {
	sort := &specialTypes[row]
	if sort.unique && !s.repeats(sort.kind) {
		if *unique&sort.kind != 0 {
			return nil, silent(e2big, "struct "+s.shown(t.name)+" has two members "+sort.name)
		}
		*unique |= sort.kind
	}
	if off%sort.align != 0 || s.kind(mt) != KindStruct || mt.val != sort.size {
		return fields, nil
	}
	f := field{kind: sort.kind, off: off, size: sort.size}
	if sort.kind&anyRoot != 0 {
		var r *Refusal
		if f.typ, f.node, r = s.contained(t, i); r != nil {
			return nil, r
		}
	}
	return s.append(fields, f, count)
}

// repeats reports whether a kernel forgets that a kind stands once.
func (s *specials) repeats(kind special) bool {
	return kind == specialRefcount && !s.has(linux.BTFUniqueMembers)
}

// contained reads the tag "contains:TYPE:MEMBER" of a list or tree.
func (s *specials) contained(t *record, i uint32) (typ uint32, node []byte, r *Refusal) {
	prefix := []byte("contains:")
	var value []byte
	for id := uint32(1); id < s.count(); id++ {
		tag, _ := s.record(id)
		if s.kind(&tag) != KindDeclTag || tag.val != t.id || s.word(tag.body) != i || !bytes.HasPrefix(s.name(tag.name), prefix) {
			continue
		}
		if value != nil {
			return 0, nil, silent(einval, "two tags say what a list or tree contains")
		}
		value = s.name(tag.name)[len(prefix):]
	}
	name, node, ok := bytes.Cut(value, []byte(":"))
	if !ok {
		return 0, nil, silent(einval, "no tag says what a list or tree contains")
	}
	typ = s.structNamed(name)
	switch {
	case typ == 0:
		return 0, nil, silent(enoent, "no struct "+string(name)+" for a list or tree to contain")
	case len(node) == 0:
		return 0, nil, silent(einval, "no member of struct "+string(name)+" to link it by")
	}
	return typ, node, nil
}

func (s *specials) structNamed(name []byte) uint32 {
	for id := uint32(1); id < s.count(); id++ {
		t, _ := s.record(id)
		if s.kind(&t) == KindStruct && bytes.Equal(s.name(t.name), name) {
			return id
		}
	}
	return 0
}

// pointer returns the field that a pointer with a tag is; kind specialNone when
// it is another type.
func (c *checker) pointer(t *record) (field, *Refusal) {
	ptr := *t
	if c.kind(&ptr) == KindVolatile {
		ptr, _ = c.record(ptr.val)
	}
	if c.kind(&ptr) != KindPointer {
		return field{}, nil
	}
	f, target, r := c.pointerTag(&ptr)
	if r != nil || f.kind == specialNone {
		return field{}, r
	}
	if c.kind(&target) != KindStruct {
		return field{}, silent(einval, "a pointer to a kernel object points to no struct")
	}
	f.typ = target.id
	return f, nil
}

// pointerTag reads the tags of a pointer, and returns what it points to.
func (c *checker) pointerTag(ptr *record) (f field, target record, r *Refusal) {
	target, _ = c.record(ptr.val)
	if c.has(linux.BTFFreeTags) {
		for ; modifiers.has(c.kind(&target)); target, _ = c.record(target.val) {
			if c.kind(&target) == KindTypeTag && !target.flag() {
				f.kind |= c.tagKind(&target)
			}
		}
		if f.kind&(f.kind-1) != 0 {
			return f, target, silent(einval, "a pointer has two tags")
		}
		return f, target, nil
	}
	if c.kind(&target) != KindTypeTag || target.flag() {
		return f, target, nil
	}
	behind, _ := c.record(target.val)
	if c.has(linux.BTFUserPointer) && string(c.name(target.name)) == "uptr" && c.kind(&behind) != KindTypeTag {
		return f, target, nil
	}
	if f.kind = c.tagKind(&target); f.kind == specialNone || c.kind(&behind) == KindTypeTag {
		return f, target, silent(einval, "a pointer in a struct with special members has tags that are unknown there")
	}
	for target = behind; modifiers.has(c.kind(&target)); {
		target, _ = c.record(target.val)
	}
	return f, target, nil
}

func (c *checker) tagKind(tag *record) special {
	for _, row := range pointerTags {
		if string(c.name(tag.name)) == row.name {
			return row.kind
		}
	}
	return specialNone
}

// resolveField finds the type of the kernel that a pointer names, and the node
// by which a list or tree links what it contains.
func (s *specials) resolveField(f *field) *Refusal {
	switch {
	case f.kind&anyPointer != 0:
		return s.resolvePointer(f)
	case f.kind&anyRoot != 0:
		return s.resolveRoot(f)
	}
	return nil
}

func (s *specials) resolvePointer(f *field) *Refusal {
	t, _ := s.record(f.typ)
	name := s.shown(t.name)
	f.mine = !s.kernelStruct(name)
	if f.kind == specialPointer && !f.mine && !slices.Contains(linux.ReleasedTypes(s.kernel.Version), name) {
		return silent(enoent, "the kernel does not let maps own a struct "+name)
	}
	return nil
}

// kernelStruct reports whether the kernel has a struct of a name.
func (c *checker) kernelStruct(name string) bool {
	if c.kernel.Types == nil {
		return false
	}
	types, err := c.kernel.Types()
	if err != nil || types == nil {
		return false
	}
	_, ok := types.Find(KindStruct, name)
	return ok
}

func (s *specials) resolveRoot(f *field) *Refusal {
	// The row of the node follows that of its root.
	row := 1 + slices.IndexFunc(specialTypes, func(r specialType) bool { return r.kind == f.kind })
	value, _ := s.record(f.typ)
	found := false
	for i := range s.vlen(&value) {
		m := s.member(&value, i)
		if s.shown(m.name) != string(f.node) {
			continue
		}
		node, _ := s.record(m.typ)
		off := m.bitOffset(node.flag())
		if found || s.kind(&node) != KindStruct || s.shown(node.name) != specialTypes[row].name || off%64 != 0 {
			return silent(einval, "member "+string(f.node)+" cannot link struct "+s.shown(value.name))
		}
		found, f.nodeOff = true, off/8
	}
	if !found {
		return silent(enoent, "struct "+s.shown(value.name)+" has no member "+string(f.node))
	}
	return nil
}

// checkOwners wants what lists and trees contain to be checked structs that do
// not own each other in circles.
func (s *specials) checkOwners() *Refusal {
	for i := range s.layouts {
		for _, f := range s.layouts[i].fields {
			if f.kind&anyRoot == 0 {
				continue
			}
			value := s.layoutOf(f.typ)
			if value < 0 {
				return silent(efault, "a list or tree contains a struct without a node")
			}
			circle := s.layouts[i].kinds&anyNode != 0 && s.layouts[value].kinds&anyRoot != 0
			if circle && !s.has(linux.BTFOwnershipDepth) {
				return silent(eloop, "structs own each other")
			}
		}
	}
	if !s.has(linux.BTFOwnershipDepth) {
		return nil
	}
	depths := make([]int, len(s.layouts))
	for i := range s.layouts {
		if _, ok := s.ownerDepth(i, maxOwnerDepth, depths); !ok {
			return silent(eloop, "structs own each other, or more than 8 deep")
		}
	}
	return nil
}

func (s *specials) layoutOf(id uint32) int {
	i, ok := slices.BinarySearchFunc(s.layouts, id, func(l layout, id uint32) int { return int(l.id) - int(id) })
	if !ok {
		return -1
	}
	return i
}

// ownerDepth is the length of the longest chain of owners from a struct on; not
// ok when it is longer than left.
func (s *specials) ownerDepth(i, left int, depths []int) (int, bool) {
	if left == 0 {
		return 0, false
	}
	if depths[i] == 0 {
		deepest := 0
		for _, f := range s.layouts[i].fields {
			owns := f.kind&anyRoot != 0 || f.mine && f.kind&(specialPointer|specialPerCPU) != 0
			value := s.layoutOf(f.typ)
			if !owns || value < 0 {
				continue
			}
			d, ok := s.ownerDepth(value, left-1, depths)
			if !ok {
				return 0, false
			}
			deepest = max(deepest, d)
		}
		depths[i] = deepest + 1
	}
	return depths[i], depths[i] <= left
}
