// Package typed converts between the bytes of map keys and values and JSON,
// with the BTF types that an object gives. Bytes without a type are a string
// of hex digits.
package typed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/mem"
)

// Object is a struct with its members in their order.
type Object []Member

// Member is a named value.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON keeps the order of the members.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Decode makes a value for JSON of bytes: numbers, lists and Objects, and
// strings for characters and for what has no type.
func Decode(b []byte, t btf.Type) any {
	return decode(b, t, 0)
}

// maxDepth bounds types that contain each other, which hostile BTF may have.
const maxDepth = 32

func decode(b []byte, t btf.Type, depth int) any {
	if t == nil || depth > maxDepth {
		return hex.EncodeToString(b)
	}
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Int:
		if number(len(b)) && int(t.Size) == len(b) {
			return integer(mem.Get(b), len(b), t.Encoding == btf.Signed)
		}
	case *btf.Enum:
		if number(len(b)) && int(t.Size) == len(b) {
			return integer(mem.Get(b), len(b), t.Signed)
		}
	case *btf.Pointer:
		if len(b) == 8 {
			return mem.Get(b)
		}
	case *btf.Array:
		return list(b, t, depth)
	case *btf.Struct:
		return object(b, t.Members, depth)
	}
	return hex.EncodeToString(b)
}

func number(n int) bool { return n == 1 || n == 2 || n == 4 || n == 8 }

func integer(v uint64, size int, signed bool) any {
	if !signed {
		return v
	}
	shift := 64 - 8*size
	return int64(v<<shift) >> shift
}

func list(b []byte, t *btf.Array, depth int) any {
	size, err := btf.Sizeof(t.Type)
	if err != nil || size <= 0 || size*int(t.Nelems) != len(b) {
		return hex.EncodeToString(b)
	}
	if i, ok := btf.UnderlyingType(t.Type).(*btf.Int); ok && i.Size == 1 {
		if text, ok := text(b); ok && i.Encoding != btf.Unsigned {
			return text
		}
	}
	out := make([]any, t.Nelems)
	for i := range out {
		out[i] = decode(b[i*size:(i+1)*size], t.Type, depth+1)
	}
	return out
}

// text reads printable characters that are followed by zeros only.
func text(b []byte) (string, bool) {
	s := strings.TrimRight(string(b), "\x00")
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return "", false
		}
	}
	return s, s != ""
}

func object(b []byte, members []btf.Member, depth int) any {
	var o Object
	for _, m := range members {
		start := int(m.Offset.Bytes())
		size, err := btf.Sizeof(m.Type)
		if m.BitfieldSize > 0 {
			o = append(o, Member{m.Name, bitfield(b, m)})
			continue
		}
		if err != nil || start+size > len(b) {
			return hex.EncodeToString(b)
		}
		o = append(o, Member{m.Name, decode(b[start:start+size], m.Type, depth+1)})
	}
	return o
}

// bitfield reads a member that is no whole number of bytes.
func bitfield(b []byte, m btf.Member) any {
	v := new(big.Int)
	for i := int(m.BitfieldSize) - 1; i >= 0; i-- {
		at := int(m.Offset) + i
		if at/8 >= len(b) {
			return nil
		}
		v.Lsh(v, 1).Or(v, big.NewInt(int64(b[at/8]>>(at%8)&1)))
	}
	return v
}

// Encode makes n bytes of a JSON value: a number, a string of hex digits, or a
// list of numbers that are a byte each.
func Encode(v any, n int) ([]byte, error) {
	switch v := v.(type) {
	case json.Number:
		return encodeNumber(v, n)
	case string:
		b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(v, "0x"), " ", ""))
		if err != nil {
			return nil, err
		}
		if len(b) != n {
			return nil, fmt.Errorf("%q has %d bytes, want %d", v, len(b), n)
		}
		return b, nil
	case []any:
		if len(v) == 0 || n%len(v) != 0 {
			return nil, fmt.Errorf("%d elements do not divide %d bytes", len(v), n)
		}
		var out []byte
		for _, e := range v {
			b, err := Encode(e, n/len(v))
			if err != nil {
				return nil, err
			}
			out = append(out, b...)
		}
		return out, nil
	}
	return nil, fmt.Errorf("a value must be a number, a string of hex digits or a list, not %T", v)
}

func encodeNumber(v json.Number, n int) ([]byte, error) {
	i, ok := new(big.Int).SetString(v.String(), 10)
	if !ok {
		return nil, fmt.Errorf("%s is not an integer", v)
	}
	if i.BitLen() > 8*n || i.Sign() < 0 && i.BitLen() > 8*n-1 {
		return nil, fmt.Errorf("%s does not fit into %d bytes", v, n)
	}
	if i.Sign() < 0 {
		i.Add(i, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	out := i.FillBytes(make([]byte, n))
	for a, b := 0, n-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out, nil
}
