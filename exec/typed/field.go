package typed

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// Place is where a member of a type is.
type Place struct {
	Off  int // in bytes
	Type btf.Type
	// Bits is the width of a bit field, which starts at bit Shift of Off; 0
	// for others.
	Bits, Shift int
}

// Find looks up a path such as "cred.uid.val" or "addr[2]" in a type. Members
// of structs and unions without a name are found as if they were the outer
// type's.
func Find(t btf.Type, path string) (Place, error) {
	at := Place{Type: t}
	for rest := path; rest != ""; {
		var err error
		rest = strings.TrimPrefix(rest, ".")
		if inner, ok := strings.CutPrefix(rest, "["); ok {
			number, after, found := strings.Cut(inner, "]")
			i, bad := strconv.ParseUint(number, 0, 31)
			if !found || bad != nil {
				return at, fmt.Errorf("%q: %q is no index", path, number)
			}
			at, err = at.element(int(i))
			rest = after
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			at, err = at.member(rest[:end])
			rest = rest[end:]
		}
		if err != nil {
			return at, fmt.Errorf("%q: %w", path, err)
		}
	}
	return at, nil
}

func (p Place) element(i int) (Place, error) {
	a, ok := btf.UnderlyingType(p.Type).(*btf.Array)
	if !ok {
		return p, fmt.Errorf("%v is no array", p.Type)
	}
	size, err := btf.Sizeof(a.Type)
	if err != nil {
		return p, err
	}
	if i >= int(a.Nelems) {
		return p, fmt.Errorf("index %d of %d elements", i, a.Nelems)
	}
	return Place{Off: p.Off + i*size, Type: a.Type}, nil
}

func (p Place) member(name string) (Place, error) {
	if found, ok := p.find(name, 0); ok {
		return found, nil
	}
	return p, fmt.Errorf("%s has no member %q", typeName(p.Type), name)
}

func typeName(t btf.Type) string {
	if n := t.TypeName(); n != "" {
		return n
	}
	return fmt.Sprint(t)
}

func (p Place) find(name string, depth int) (Place, bool) {
	if depth > maxDepth {
		return p, false
	}
	var members []btf.Member
	switch t := btf.UnderlyingType(p.Type).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	case *btf.Datasec:
		return p.variable(t, name)
	}
	for _, m := range members {
		at := Place{Off: p.Off + int(m.Offset)/8, Type: m.Type, Bits: int(m.BitfieldSize), Shift: int(m.Offset) % 8}
		if m.Name == name {
			return at, true
		}
		if m.Name == "" {
			if found, ok := at.find(name, depth+1); ok {
				return found, true
			}
		}
	}
	return p, false
}

// variable finds a variable of a section.
func (p Place) variable(section *btf.Datasec, name string) (Place, bool) {
	for _, v := range section.Vars {
		if x, ok := v.Type.(*btf.Var); ok && x.Name == name {
			return Place{Off: p.Off + int(v.Offset), Type: x.Type}, true
		}
	}
	return p, false
}

// Put sets what is at a path of a type whose bytes are given. Numbers may be
// int, uint64 or text; an array of characters takes text, other bytes take hex
// digits, arrays take lists.
func Put(b []byte, t btf.Type, path string, value any) error {
	at, err := Find(t, path)
	if err == nil {
		err = at.put(b, value)
	}
	if err != nil && path != "" {
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}

func (p Place) put(b []byte, value any) error {
	if p.Bits > 0 {
		return p.putBits(b, value)
	}
	size, err := btf.Sizeof(p.Type)
	if err != nil {
		return err
	}
	if p.Off < 0 || size < 0 || p.Off+size > len(b) {
		return fmt.Errorf("the member ends after the %d bytes of the object", len(b))
	}
	b = b[p.Off : p.Off+size]
	switch v := value.(type) {
	case []any:
		return p.putList(b, v)
	case string:
		if n, ok := new(big.Int).SetString(v, 0); ok && number(size) {
			return putInt(b, n)
		}
		return p.putText(b, v)
	case int:
		return putInt(b, big.NewInt(int64(v)))
	case int64:
		return putInt(b, big.NewInt(v))
	case uint64:
		return putInt(b, new(big.Int).SetUint64(v))
	case bool:
		if v {
			return putInt(b, big.NewInt(1))
		}
		return putInt(b, new(big.Int))
	}
	return fmt.Errorf("%v is no number, text or list", value)
}

func (p Place) putList(b []byte, list []any) error {
	a, ok := btf.UnderlyingType(p.Type).(*btf.Array)
	if !ok || len(list) > int(a.Nelems) {
		return fmt.Errorf("%d elements do not fit into %v", len(list), p.Type)
	}
	size, err := btf.Sizeof(a.Type)
	if err != nil {
		return err
	}
	for i, v := range list {
		if err := (Place{Off: i * size, Type: a.Type}).put(b, v); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

func (p Place) putText(b []byte, text string) error {
	if a, ok := btf.UnderlyingType(p.Type).(*btf.Array); ok {
		if i, ok := btf.UnderlyingType(a.Type).(*btf.Int); ok && i.Size == 1 && !strings.HasPrefix(text, "0x") {
			if len(text) > len(b) {
				return fmt.Errorf("%q is longer than %d bytes", text, len(b))
			}
			clear(b[copy(b, text):])
			return nil
		}
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(text, "0x"), " ", ""))
	switch {
	case err != nil:
		return fmt.Errorf("%q is neither a number nor hex digits", text)
	case len(raw) != len(b):
		return fmt.Errorf("%q has %d bytes, want %d", text, len(raw), len(b))
	}
	copy(b, raw)
	return nil
}

// putInt writes a number in little-endian order.
func putInt(b []byte, n *big.Int) error {
	if !number(len(b)) {
		return fmt.Errorf("a number does not make %d bytes", len(b))
	}
	if n.BitLen() > 8*len(b) || n.Sign() < 0 && new(big.Int).Not(n).BitLen() > 8*len(b)-1 {
		return fmt.Errorf("%v does not fit into %d bytes", n, len(b))
	}
	v := n.Uint64()
	if n.Sign() < 0 {
		v = uint64(n.Int64())
	}
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return nil
}

func (p Place) putBits(b []byte, value any) error {
	n, ok := new(big.Int).SetString(fmt.Sprint(value), 0)
	if !ok || n.Sign() < 0 || n.BitLen() > p.Bits {
		return fmt.Errorf("%v does not fit into %d bits", value, p.Bits)
	}
	for i := range p.Bits {
		at := p.Shift + i
		if p.Off+at/8 >= len(b) {
			return fmt.Errorf("the member ends after the %d bytes of the object", len(b))
		}
		mask := byte(1) << (at % 8)
		b[p.Off+at/8] &^= mask
		if n.Bit(i) == 1 {
			b[p.Off+at/8] |= mask
		}
	}
	return nil
}
