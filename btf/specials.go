package btf

// SpecialField is a member of a struct that the kernel itself writes to, or a
// pointer to an object of the kernel.
type SpecialField struct {
	Name string // of the member's struct, or the tag of the pointer: "bpf_rb_root", "kptr"
	Off  uint32
	Size uint32
	// Type is what a pointer points to, or what a list or tree holds; Node is
	// the offset of the member that links it.
	Type ID
	Node uint32
}

// SpecialFields returns the special fields of the structs in a blob that
// programs can make objects of, in the order of their offsets. As in the kernel,
// only structs are looked at that have such a member themselves. The error is
// that of Check.
func SpecialFields(blob []byte, kernel Kernel) (map[ID][]SpecialField, error) {
	c, r := check(blob, kernel)
	if r != nil {
		return nil, r
	}
	fields := make(map[ID][]SpecialField, len(c.layouts))
	for _, l := range c.layouts {
		for i := range l.fields {
			f := &l.fields[i]
			fields[ID(l.id)] = append(fields[ID(l.id)], SpecialField{
				Name: f.kind.name(), Off: f.off, Size: f.size, Type: ID(f.typ), Node: f.nodeOff,
			})
		}
	}
	return fields, nil
}

// name is what C calls a kind of special members.
func (k special) name() string {
	for i := range specialTypes {
		if specialTypes[i].kind == k {
			return specialTypes[i].name
		}
	}
	for i := range pointerTags {
		if pointerTags[i].kind == k {
			return pointerTags[i].name
		}
	}
	return ""
}
