package btf

import (
	"slices"

	"github.com/bpflint/bpflint/internal/linux"
)

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
