package blob

// random makes a blob of a few random types. Of some tries for each it takes
// the first that leaves the blob sound, if there is one.
func random(s source, sound func([]byte) bool) Blob {
	b := Blob{Strings: []byte("\x00a\x00item\x00node\x00x1\x00")}
	for n := 1 + s.IntN(14); n > 0; n-- {
		for range 6 {
			c := b
			c.Records = append(c.Records[:len(c.Records):len(c.Records)], s.makeRecord(&c, len(b.Records)+1))
			if sound(c.Bytes()) || s.one(40) {
				b = c
				break
			}
		}
	}
	return b
}

// id returns the ID of one of n types, seldom of none of them.
func (s source) id(n int) uint32 {
	if s.one(30) {
		return uint32(s.IntN(n + 3))
	}
	return 1 + uint32(s.IntN(n))
}

// text returns an offset of a name that is fine.
func (s source) text() uint32 { return []uint32{1, 3, 8, 13}[s.IntN(4)] }

// elementCount bounds what follows a record.
const elementCount = 4

// makeRecord makes a type in a blob of n.
func (s source) makeRecord(b *Blob, n int) []byte {
	kinds := []uint32{1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19}
	kind := kinds[s.IntN(len(kinds))]
	vlen := 0
	if following[kind].each > 0 {
		vlen = s.IntN(elementCount)
	}
	r := make([]byte, recordLen+following[kind].once+vlen*following[kind].each)
	put(r, 1, kind<<24|uint32(vlen))
	switch kind {
	case 1:
		s.makeInt(r)
	case 2, 9, 10, 11:
		put(r, 2, s.id(n))
		if s.one(8) {
			put(r, 2, 0)
		}
	case 3:
		put(r, 3, s.id(n))
		put(r, 4, s.id(n))
		put(r, 5, uint32(s.IntN(4)))
	case 4, 5:
		s.makeStruct(b, r, n, vlen, kind == 5)
	case 6, 19:
		put(r, 0, s.text()*uint32(s.IntN(2)))
		put(r, 2, 1<<s.IntN(4))
		for i := range vlen {
			put(r, 3+i*following[kind].each/4, s.text())
		}
	case 7, 8, 16, 18:
		put(r, 0, s.text())
		if kind == 18 || s.one(3) {
			put(r, 0, s.addName(b))
		}
		if kind == 16 {
			put(r, 2, []uint32{2, 4, 8, 12, 16, 3}[s.IntN(6)])
		} else if kind != 7 {
			put(r, 2, s.id(n))
		}
	case 12:
		put(r, 0, s.text())
		put(r, 1, kind<<24|uint32(s.IntN(2)))
		put(r, 2, s.id(n))
	case 13:
		s.makeProto(r, n, vlen)
	case 14:
		put(r, 0, s.text())
		put(r, 2, s.id(n))
		put(r, 3, uint32(s.IntN(2)))
	case 15:
		s.makeSection(r, n, vlen)
	case 17:
		put(r, 0, s.addName(b))
		put(r, 2, s.id(n))
		put(r, 3, uint32(s.IntN(3)-1))
	}
	return r
}

func (s source) makeInt(r []byte) {
	size := uint32(1) << s.IntN(5)
	put(r, 0, s.text())
	put(r, 2, size)
	put(r, 3, size*8|[]uint32{0, 1, 2, 4}[s.IntN(4)]<<24)
	if s.one(8) {
		put(r, 3, uint32(s.IntN(130))|uint32(s.IntN(20))<<16)
	}
}

// special sizes by name, so that some structs are those of the kernel.
var specialSizes = map[string]uint32{
	"bpf_spin_lock": 4, "bpf_res_spin_lock": 4, "bpf_list_head": 16, "bpf_list_node": 24,
	"bpf_rb_root": 16, "bpf_rb_node": 32, "bpf_refcount": 4,
}

func (s source) makeStruct(b *Blob, r []byte, n, vlen int, union bool) {
	put(r, 0, s.text()*uint32(s.IntN(2)))
	put(r, 2, uint32(s.IntN(20))*8)
	if s.one(4) {
		off := s.addName(b)
		put(r, 0, off)
		put(r, 2, specialSizes[string(b.Strings[off:len(b.Strings)-1])])
	}
	flag := s.one(3)
	if flag {
		put(r, 1, get(r, 1)|1<<31)
	}
	offset := uint32(0)
	for i := range vlen {
		put(r, 3+3*i, s.text()*uint32(s.IntN(2)))
		put(r, 4+3*i, s.id(n))
		put(r, 5+3*i, offset)
		if flag && s.one(3) {
			put(r, 5+3*i, offset|uint32(s.IntN(70))<<24)
		}
		if !union {
			offset += uint32(s.IntN(5)) * 32
			if s.one(10) {
				offset += uint32(s.IntN(8))
			}
		}
	}
}

func (s source) makeProto(r []byte, n, vlen int) {
	if !s.one(3) {
		put(r, 2, s.id(n))
	}
	for i := range vlen {
		if !s.one(6) {
			put(r, 3+2*i, s.text())
		}
		if !s.one(8) {
			put(r, 4+2*i, s.id(n))
		}
	}
}

func (s source) makeSection(r []byte, n, vlen int) {
	put(r, 0, s.text())
	offset := uint32(0)
	for i := range vlen {
		size := uint32(s.IntN(10))
		put(r, 3+3*i, s.id(n))
		put(r, 4+3*i, offset)
		put(r, 5+3*i, size)
		offset += size + uint32(s.IntN(2))
	}
	put(r, 2, offset+uint32(s.IntN(4)))
}
