// Package blob makes BTF blobs that are nearly right: it takes real ones apart,
// changes a few fields by what they mean, and makes small ones of random types.
package blob

import (
	"encoding/binary"
	"math/rand/v2"
)

const (
	headerLen = 24
	recordLen = 12
)

// Blob is BTF that was taken apart. Whatever the parts are, Bytes joins them
// into a blob with a header that fits; Raw bends the result.
type Blob struct {
	Records [][]byte // each with what follows it
	Strings []byte
	Raw     func(blob []byte) []byte
}

// Parse takes a valid little-endian blob apart; it is not ok for others.
func Parse(b []byte) (Blob, bool) {
	if len(b) < headerLen || binary.LittleEndian.Uint16(b) != 0xeb9f {
		return Blob{}, false
	}
	word := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(b[i:])) }
	types, strings := word(4)+word(8), word(4)+word(16)
	if types+word(12) > uint64(len(b)) || strings+word(20) > uint64(len(b)) {
		return Blob{}, false
	}
	out := Blob{Strings: b[strings : strings+word(20)]}
	for rest := b[types : types+word(12)]; len(rest) > 0; {
		n := length(rest)
		if n == 0 || n > len(rest) {
			return Blob{}, false
		}
		out.Records = append(out.Records, rest[:n:n])
		rest = rest[n:]
	}
	return out, true
}

// following are the bytes behind a record of each kind, once and per element.
var following = [20]struct{ once, each int }{
	1: {once: 4}, 3: {once: 12}, 4: {each: 12}, 5: {each: 12}, 6: {each: 8}, 13: {each: 8},
	14: {once: 4}, 15: {each: 12}, 17: {once: 4}, 19: {each: 12},
}

// length returns the length of the record at the start of b, 0 when it is none.
func length(b []byte) int {
	if len(b) < recordLen {
		return 0
	}
	info := binary.LittleEndian.Uint32(b[4:])
	kind := info >> 24 & 0x1f
	if int(kind) >= len(following) {
		return 0
	}
	return recordLen + following[kind].once + int(info&0xffff)*following[kind].each
}

// clone copies a blob, so that its parts may be changed.
func (b Blob) clone() Blob {
	c := Blob{Records: make([][]byte, len(b.Records)), Strings: append([]byte(nil), b.Strings...), Raw: b.Raw}
	for i, r := range b.Records {
		c.Records[i] = append([]byte(nil), r...)
	}
	return c
}

// Bytes joins the parts.
func (b Blob) Bytes() []byte {
	types := 0
	for _, r := range b.Records {
		types += len(r)
	}
	out := make([]byte, headerLen, headerLen+types+len(b.Strings))
	binary.LittleEndian.PutUint16(out, 0xeb9f)
	out[2] = 1
	for i, v := range []int{headerLen, 0, types, types, len(b.Strings)} {
		binary.LittleEndian.PutUint32(out[4+4*i:], uint32(v))
	}
	for _, r := range b.Records {
		out = append(out, r...)
	}
	out = append(out, b.Strings...)
	if b.Raw != nil {
		out = b.Raw(out)
	}
	return out
}

// source is a stream of choices.
type source struct{ *rand.Rand }

func (s source) one(n int) bool { return s.IntN(n) == 0 }

// Make returns the blob of a seed: one of the real ones or a small random one,
// with up to four changes. sound tells whether a blob is one that a kernel
// takes; it only directs the choices.
func Make(seed uint64, real []Blob, sound func([]byte) bool) Blob {
	s := source{rand.New(rand.NewPCG(seed, 0))}
	var b Blob
	switch choice := s.IntN(4); {
	case choice == 0 && len(real) > 0:
		b = real[s.IntN(len(real))].clone()
	case choice == 1:
		b = owners(s)
	default:
		b = random(s, sound)
	}
	for range []int{0, 1, 1, 1, 1, 2, 2, 3, 4}[s.IntN(9)] {
		if len(b.Records) > 0 {
			mutations[s.IntN(len(mutations))](s, &b)
		}
	}
	return b
}
