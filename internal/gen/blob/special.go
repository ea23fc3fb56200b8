package blob

import "fmt"

// layouter makes structs whose members follow each other as a compiler would
// lay them out, from types whose sizes it knows.
type layouter struct {
	source
	b     *Blob
	sizes []uint32 // by ID
}

func (l *layouter) text(name string) uint32 {
	off := len(l.b.Strings)
	l.b.Strings = append(append(l.b.Strings, name...), 0)
	return uint32(off)
}

// add appends a record and returns its ID.
func (l *layouter) add(size uint32, kind, name, val uint32, rest ...uint32) uint32 {
	r := make([]byte, recordLen+4*len(rest))
	put(r, 0, name)
	put(r, 1, kind)
	put(r, 2, val)
	for i, w := range rest {
		put(r, 3+i, w)
	}
	l.b.Records = append(l.b.Records, r)
	l.sizes = append(l.sizes, size)
	return uint32(len(l.b.Records))
}

// owners makes structs with locks, lists, trees and pointers to kernel objects.
func owners(s source) Blob {
	b := Blob{Strings: []byte{0}}
	l := &layouter{source: s, b: &b, sizes: []uint32{0}}
	l.add(8, 1<<24, l.text("u64"), 8, 64)
	roots := map[uint32]bool{}
	for _, name := range names[:7] {
		if size := specialSizes[name]; !s.one(6) {
			id := l.add(size, 4<<24, l.text(name), size)
			roots[id] = name == "bpf_list_head" || name == "bpf_rb_root"
		}
	}
	structs := 1 + s.IntN(5)
	for i := range structs {
		l.pointer()
		l.item(fmt.Sprintf("s%d", i), structs, roots)
	}
	return b
}

// pointer adds a pointer with a tag, or an array of something.
func (l *layouter) pointer() {
	n := len(l.b.Records)
	switch l.IntN(4) {
	case 0:
		elem, count := 1+uint32(l.IntN(n)), uint32(l.IntN(4))
		l.add(l.sizes[elem]*count, 3<<24, 0, 0, elem, 1, count)
	case 1, 2:
		to := l.id(n)
		if l.one(3) {
			to = l.add(0, 4<<24, l.text([]string{"task_struct", "cgroup", "file", "mine"}[l.IntN(4)]), 0)
		}
		flag := uint32(0)
		if l.one(8) {
			flag = 1 << 31
		}
		tag := l.add(0, 18<<24|flag, l.text([]string{"kptr", "kptr", "kptr_untrusted", "percpu_kptr", "uptr", "rcu"}[l.IntN(6)]), to)
		ptr := l.add(8, 2<<24, 0, tag)
		if l.one(4) {
			l.add(8, 9<<24, 0, ptr)
		}
	}
}

// item adds a struct of known types, and tags for its lists and trees.
func (l *layouter) item(name string, structs int, roots map[uint32]bool) {
	id := uint32(len(l.b.Records)) + 1
	var words, tags []uint32
	offset := uint32(0)
	for i := range 1 + uint32(l.IntN(5)) {
		typ := 1 + uint32(l.IntN(len(l.b.Records)))
		if !l.one(12) {
			offset = (offset + 7) &^ 7
		}
		words = append(words, l.text([]string{"m", "n", "o"}[l.IntN(3)]), typ, offset*8)
		offset += l.sizes[typ]
		if roots[typ] && !l.one(10) {
			tags = append(tags, i)
		}
	}
	l.add(offset, 4<<24|uint32(len(words)/3), l.text(name), offset, words...)
	for _, i := range tags {
		value := fmt.Sprintf("contains:s%d:%s", l.IntN(structs), []string{"m", "n", "o"}[l.IntN(3)])
		l.add(0, 17<<24, l.text(value), id, i)
	}
}
