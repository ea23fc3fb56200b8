package absint

import (
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// mapInfo is a map with what the machine asks about it.
type mapInfo struct {
	*prog.Map
	kind      ebpf.MapType
	keySize   uint32
	valueSize uint32
	entries   uint32
	flags     uint32
	inner     int32 // index in machine.maps, -1 for none
	typed     bool  // the map has BTF
	fields    []mapField
}

// mapField is a part of a map's value that only helpers may touch.
type mapField struct {
	kind fieldKind
	off  uint32
	size uint32
	kptr kptrField // of fieldKptr
	node graphNode // of lists and trees
}

type fieldKind uint8

const (
	fieldSpinLock fieldKind = iota
	fieldTimer
	fieldWorkqueue
	fieldTaskWork
	fieldResSpinLock
	fieldListHead
	fieldListNode
	fieldRBRoot
	fieldRBNode
	fieldRefcount
	fieldKptr // and its variants
	numFieldKinds
)

// fieldNames are the kernel's names of the fields.
var fieldNames = [numFieldKinds]string{
	"bpf_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_res_spin_lock", "bpf_list_head", "bpf_list_node",
	"bpf_rb_root", "bpf_rb_node", "bpf_refcount", "kptr",
}

// fieldSince has the kernel that brought each kind of field.
var fieldSince = [numFieldKinds]linux.Version{
	fieldTimer:       {Major: 5, Minor: 15},
	fieldWorkqueue:   {Major: 6, Minor: 10},
	fieldTaskWork:    {Major: 6, Minor: 18},
	fieldResSpinLock: {Major: 6, Minor: 15},
	fieldListHead:    {Major: 6, Minor: 2},
	fieldListNode:    {Major: 6, Minor: 2},
	fieldRBRoot:      {Major: 6, Minor: 3},
	fieldRBNode:      {Major: 6, Minor: 3},
	fieldRefcount:    {Major: 6, Minor: 4},
	fieldKptr:        {Major: 5, Minor: 19},
}

// Flags of BPF_MAP_CREATE.
const (
	mapNoPrealloc    = 1 << 0
	mapReadOnlyProg  = 1 << 7
	mapInner         = 1 << 12 // may be replaced by a map with another number of elements
	mapWriteOnlyProg = 1 << 8
)

func (m *machine) addMap(p *prog.Map) int32 {
	s := p.Spec
	info := mapInfo{
		Map: p, kind: s.Type, keySize: s.KeySize, valueSize: s.ValueSize,
		entries: s.MaxEntries, flags: s.Flags, inner: -1,
	}
	if s.Type == ebpf.DevMap || s.Type == ebpf.DevMapHash {
		info.flags |= mapReadOnlyProg // lookups lead into the kernel's own structures
	}
	info.typed = s.Key != nil || s.Value != nil
	if s.Value != nil {
		info.fields = m.knownFields(s.Value)
	}
	if p.Inner != nil {
		info.inner = m.addMap(p.Inner)
	}
	mapi := int32(len(m.maps))
	for i := range info.fields {
		info.fields[i].kptr.mine, info.fields[i].node.typ.types = ofMap(mapi), ofMap(mapi)
	}
	m.maps = append(m.maps, info)
	return mapi
}

// knownFields lists the fields of a map's value that have a meaning to the target.
func (m *machine) knownFields(value btf.Type) []mapField {
	fields, old := specialFields(value, nil, 0, nil), !m.rules.kptrTags
	if !knowsNodes(value, fields) {
		return nil
	}
	fields = slices.DeleteFunc(fields, func(f mapField) bool {
		if f.kptr.kind == kptrUser && !m.prog.Target.Kernel.Has(linux.BTFUserPointer) {
			return true
		}
		return !m.prog.Target.Kernel.AtLeast(fieldSince[f.kind]) || old && f.kind == fieldKptr
	})
	if old && m.prog.Target.Kernel.AtLeast(fieldSince[fieldKptr]) {
		fields = append(fields, m.oldKptrs(value)...)
	}
	return fields
}

// specialFields lists the fields of a type that have a meaning to the kernel,
// in the order of their offsets.
func specialFields(t btf.Type, tags []string, off uint32, list []mapField) []mapField {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		for kind, name := range fieldNames[:fieldKptr] {
			if t.Name == name {
				return append(list, mapField{kind: fieldKind(kind), off: off, size: t.Size, node: nodeIn(tags)})
			}
		}
		for i := range t.Members {
			list = specialFields(t.Members[i].Type, t.Members[i].Tags, off+t.Members[i].Offset.Bytes(), list)
		}
	case *btf.Array:
		if size, err := btf.Sizeof(t.Type); err == nil && t.Nelems < 1024 {
			for i := uint32(0); i < t.Nelems; i++ {
				list = specialFields(t.Type, tags, off+i*uint32(size), list)
			}
		}
	case *btf.Datasec:
		for _, v := range t.Vars {
			if g, ok := v.Type.(*btf.Var); ok {
				list = specialFields(g.Type, g.Tags, off+v.Offset, list)
			}
		}
	case *btf.Pointer:
		if tag, ok := t.Target.(*btf.TypeTag); ok && kptrTags[tag.Value] != kptrNone {
			return append(list, mapField{kind: fieldKptr, off: off, size: 8, kptr: kptrTo(kptrTags[tag.Value], tag.Type)})
		}
	}
	return list
}

// kptrTo describes a pointer to a type that the kernel knows of.
func kptrTo(kind kptrKind, target btf.Type) kptrField {
	t := btf.UnderlyingType(target)
	f := kptrField{kind: kind, name: t.TypeName(), of: view.KindStruct}
	if _, ok := t.(*btf.Union); ok {
		f.of = view.KindUnion
	}
	return f
}

func (i *mapInfo) has(k fieldKind) bool { return i.field(k) != nil }

func (i *mapInfo) field(k fieldKind) *mapField {
	for n := range i.fields {
		if i.fields[n].kind == k {
			return &i.fields[n]
		}
	}
	return nil
}

func (i *mapInfo) hasTimer() bool { return i.has(fieldTimer) || i.has(fieldWorkqueue) }

// holdsSockets reports whether a lookup returns a socket.
func (i *mapInfo) holdsSockets() bool { return i.kind == ebpf.SockMap || i.kind == ebpf.SockHash }

// holdsXDPSockets reports whether a lookup returns an AF_XDP socket.
func (i *mapInfo) holdsXDPSockets() bool { return i.kind == ebpf.XSKMap }

// known returns the bytes of a map that can no longer change, nil for others.
func (i *mapInfo) known() []byte {
	if i.flags&mapReadOnlyProg == 0 || !i.Frozen || i.kind != ebpf.Array || i.entries != 1 {
		return nil
	}
	return i.Data
}

// mayHoldLock reports whether v points to something with a spin lock, in
// which case its id tells which element's lock is held.
func (m *machine) mayHoldLock(v *value) bool {
	for _, f := range m.fieldsOf(v) {
		if f.kind == fieldSpinLock || f.kind == fieldResSpinLock {
			return true
		}
	}
	return false
}

func (m *machine) accessMapValue(a *access, p *value) bool {
	if m.leaks(a, "map") {
		return false
	}
	off := a.off + p.off
	if !m.mayUseMap(p, off, a.size, a.write) || !m.inMapValue(a.reg, p, a.off, a.size, false, false) {
		return false
	}
	if f := m.kptrAt(p, int64(off)); f != nil {
		return m.accessKptr(a, f)
	}
	if a.write || a.value < 0 {
		return true
	}
	dst := m.reg(uint8(a.value))
	if data := m.maps[p.mapi].known(); data != nil && p.num.IsConst() {
		*dst = m.constantFrom(data, int64(off)+int64(p.num.Tnum.Value), a)
		return true
	}
	*dst = unknown()
	return true
}

// kptrAt returns the pointer at an offset of a map's value, nil for none.
func (m *machine) kptrAt(p *value, off int64) *mapField {
	fields := m.maps[p.mapi].fields
	for i := range fields {
		if f := &fields[i]; f.kind == fieldKptr && p.num.IsConst() && int64(f.off) == off+int64(p.num.Tnum.Value) {
			return f
		}
	}
	return nil
}

// constantFrom reads a number from the bytes of a read-only map; what the data
// does not reach is zero.
func (m *machine) constantFrom(data []byte, off int64, a *access) value {
	var raw [8]byte
	if off < int64(len(data)) {
		copy(raw[:a.size], data[off:])
	}
	var n uint64
	order := m.order
	switch a.size {
	case 1:
		n = uint64(raw[0])
	case 2:
		n = uint64(order.Uint16(raw[:]))
	case 4:
		n = uint64(order.Uint32(raw[:]))
	default:
		n = order.Uint64(raw[:])
	}
	if a.sx {
		shift := 64 - 8*a.size
		n = uint64(int64(n<<shift) >> shift)
	}
	return constant(n)
}

// mayUseMap checks the direction that the map was created for.
func (m *machine) mayUseMap(p *value, off, size int32, write bool) bool {
	info := &m.maps[p.mapi]
	forbidden, verb := info.flags&mapWriteOnlyProg != 0, "read from"
	if write {
		forbidden, verb = info.flags&mapReadOnlyProg != 0, "write into"
	}
	if !forbidden {
		return true
	}
	m.fail("EACCES", "%s map forbidden, value_size=%d off=%d size=%d", verb, info.valueSize, off, size)
	return false
}

// inMapValue checks an access for its bounds and for the fields that only
// helpers may touch.
func (m *machine) inMapValue(r uint8, p *value, off, size int32, zeroOK, helper bool) bool {
	info := &m.maps[p.mapi]
	if !m.inRegion(r, p, off, size, int64(info.valueSize), zeroOK) {
		return false
	}
	at := int64(p.off) + int64(off)
	for i := range info.fields {
		f := &info.fields[i]
		if at+p.num.SMin >= int64(f.off+f.size) || int64(f.off) >= at+int64(p.num.UMax)+int64(size) {
			continue
		}
		if f.kind == fieldKptr {
			if !m.touchesKptr(f, p, off, size, helper) {
				return false
			}
			continue
		}
		m.fail("EACCES", "%s cannot be accessed directly by load/store", fieldNames[f.kind])
		return false
	}
	return true
}
