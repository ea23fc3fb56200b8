package blob

import (
	"encoding/binary"
	"slices"
)

// mutations change a blob by what its fields mean. A kind of change that finds
// more stands more often.
var mutations = []func(s source, b *Blob){
	changeKind, changeLength, changeFlag, changeValue, changeValue, changeName, changeName,
	changeElement, changeElement, changeElement, changeElement, renameSpecial, renameSpecial,
	changeString, removeRecord, copyRecord, swapRecords, insertRecord, insertRecord, changeHeader, changeBytes,
}

func (s source) record(b *Blob) []byte { return b.Records[s.IntN(len(b.Records))] }

func get(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }

func put(b []byte, i int, v uint32) { binary.LittleEndian.PutUint32(b[4*i:], v) }

// number returns a value near one that a field has, or one that is an edge
// somewhere: an ID, an offset in bits, a length, a limit.
func (s source) number(b *Blob, old uint32) uint32 {
	n := uint32(len(b.Records))
	switch s.IntN(12) {
	case 0:
		return old + 1
	case 1:
		return old - 1
	case 2:
		return 0
	case 3, 4, 5:
		return 1 + uint32(s.IntN(int(n)))
	case 6:
		return n + uint32(s.IntN(2))
	case 7:
		return uint32(s.IntN(40)) * 8
	case 8:
		return uint32(s.IntN(64))
	case 9:
		return 1 << s.IntN(32)
	case 10:
		return old ^ 1<<s.IntN(32)
	default:
		edges := []uint32{0xffffffff, 0xfffff, 0x100000, 0xffffff, 0x1000000, 0x80000000, 12, 16, 24, 32, 128}
		return edges[s.IntN(len(edges))]
	}
}

func changeKind(s source, b *Blob) {
	r := s.record(b)
	put(r, 1, get(r, 1)&^0x1f000000|uint32(s.IntN(21))<<24)
}

func changeLength(s source, b *Blob) {
	i := s.IntN(len(b.Records))
	r := b.Records[i]
	vlen := uint32(s.IntN(4))
	if s.one(2) {
		vlen = get(r, 1)&0xffff + uint32(s.IntN(3)) - 1
	}
	put(r, 1, get(r, 1)&^0xffff|vlen&0xffff)
	if s.one(4) {
		return // what follows no longer fits
	}
	n := length(r)
	for n > len(r) {
		r = append(r, byte(s.IntN(4)))
	}
	if n > 0 {
		b.Records[i] = r[:n]
	}
}

func changeFlag(s source, b *Blob) {
	r := s.record(b)
	bit := uint32(31)
	if s.one(4) {
		bit = uint32(s.IntN(32))
	}
	put(r, 1, get(r, 1)^1<<bit)
}

func changeValue(s source, b *Blob) {
	r := s.record(b)
	put(r, 2, s.number(b, get(r, 2)))
}

func (s source) name(b *Blob) uint32 {
	switch s.IntN(6) {
	case 0:
		return 0
	case 1:
		return uint32(len(b.Strings) + s.IntN(3) - 1)
	case 2:
		return get(s.record(b), 0)
	case 3:
		return s.addName(b)
	default:
		return uint32(s.IntN(max(len(b.Strings), 1)))
	}
}

func changeName(s source, b *Blob) { put(s.record(b), 0, s.name(b)) }

// changeElement changes a word behind a record's fixed part.
func changeElement(s source, b *Blob) {
	for range 8 {
		r := s.record(b)
		if words := len(r)/4 - 3; words > 0 {
			i := 3 + s.IntN(words)
			if s.one(4) {
				put(r, i, s.name(b))
			} else {
				put(r, i, s.number(b, get(r, i)))
			}
			return
		}
	}
}

// names that kernels treat in a way of their own, and some that are bad.
var names = []string{
	"bpf_spin_lock", "bpf_res_spin_lock", "bpf_list_head", "bpf_list_node", "bpf_rb_root", "bpf_rb_node",
	"bpf_refcount", "bpf_timer", "kptr", "kptr_untrusted", "percpu_kptr", "uptr", "rcu", "task_struct",
	"cgroup", "contains:item:node", "contains:item:", "contains:item", "item", "node", "a.b", ".data",
	"1st", "a b", "a-b", "\xe4", "\xa0x", "?.x", "\x7f", "int",
}

func (s source) addName(b *Blob) uint32 {
	off := len(b.Strings)
	b.Strings = append(b.Strings, names[s.IntN(len(names))]...)
	if s.one(40) {
		b.Strings = append(b.Strings, slices.Repeat([]byte("n"), 120+s.IntN(16))...)
	}
	b.Strings = append(b.Strings, 0)
	return uint32(off)
}

func renameSpecial(s source, b *Blob) { put(s.record(b), 0, s.addName(b)) }

func changeString(s source, b *Blob) {
	if n := len(b.Strings); n > 0 {
		b.Strings[s.IntN(n)] = "\x00\x00aZ0_.- \x7f\xe9"[s.IntN(11)]
	}
}

func removeRecord(s source, b *Blob) {
	i := s.IntN(len(b.Records))
	b.Records = slices.Delete(b.Records, i, i+1)
}

func copyRecord(s source, b *Blob) {
	b.Records = append(b.Records, slices.Clone(s.record(b)))
}

func swapRecords(s source, b *Blob) {
	i, j := s.IntN(len(b.Records)), s.IntN(len(b.Records))
	b.Records[i], b.Records[j] = b.Records[j], b.Records[i]
}

func insertRecord(s source, b *Blob) {
	r := s.makeRecord(b, len(b.Records)+1)
	if s.one(2) {
		b.Records = append(b.Records, r)
		return
	}
	i := s.IntN(len(b.Records))
	b.Records = slices.Insert(b.Records, i, r)
}

// changeHeader bends the header, the order of the sections or the end.
func changeHeader(s source, b *Blob) {
	word, value := s.IntN(6), s.number(b, uint32(s.IntN(64)))
	how := s.IntN(8)
	b.Raw = func(out []byte) []byte {
		switch how {
		case 0:
			return out[:len(out)-min(len(out), int(value%32))]
		case 1:
			return append(out, make([]byte, value%16)...)
		case 2: // a longer header, with zeros or without
			longer := make([]byte, value%24)
			if value%3 == 0 && len(longer) > 0 {
				longer[0] = 1
			}
			binary.LittleEndian.PutUint32(out[4:], headerLen+uint32(len(longer)))
			return slices.Concat(out[:headerLen], longer, out[headerLen:])
		case 3: // the strings first
			types := binary.LittleEndian.Uint32(out[12:])
			strings := binary.LittleEndian.Uint32(out[20:])
			binary.LittleEndian.PutUint32(out[8:], strings)
			binary.LittleEndian.PutUint32(out[16:], 0)
			return slices.Concat(out[:headerLen], out[headerLen+types:], out[headerLen:headerLen+types])
		case 4:
			binary.LittleEndian.PutUint32(out[4*word:], value)
		default:
			old := binary.LittleEndian.Uint32(out[4*word:])
			binary.LittleEndian.PutUint32(out[4*word:], old+uint32(int32(value%9)-4))
		}
		return out
	}
}

func changeBytes(s source, b *Blob) {
	at, bit := s.Uint32(), byte(1)<<s.IntN(8)
	if s.one(4) {
		bit = byte(s.IntN(256))
	}
	b.Raw = func(out []byte) []byte {
		out[at%uint32(len(out))] ^= bit
		return out
	}
}
