package scenario

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
	"go.yaml.in/yaml/v4"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/typed"
)

// Value is a number, text, the address of something by its name ("$path",
// "$path+8"), a negative error number ("-EPERM"), a list of values, or values
// of the members of a struct.
type Value struct {
	Line
	raw any // string, []Value or map[string]Value
}

// UnmarshalYAML reads a value.
func (v *Value) UnmarshalYAML(n *yaml.Node) error {
	v.Line = Line(n.Line)
	switch n.Kind {
	case yaml.ScalarNode:
		v.raw = n.Value
		return nil
	case yaml.SequenceNode:
		list := make([]Value, len(n.Content))
		for i, item := range n.Content {
			if err := list[i].UnmarshalYAML(item); err != nil {
				return err
			}
		}
		v.raw = list
		return nil
	}
	members := make(map[string]Value)
	if err := n.Load(&members); err != nil {
		return fmt.Errorf("line %d: want a number, text, a list or members", n.Line)
	}
	v.raw = members
	return nil
}

// Bytes are hex digits with white space anywhere.
type Bytes []byte

// UnmarshalYAML reads bytes.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	raw, err := parseHex(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("line %d: want hex digits", n.Line)
	}
	*b = raw
	return nil
}

func parseHex(s string) ([]byte, error) {
	return hex.DecodeString(strings.Join(strings.Fields(strings.TrimPrefix(s, "0x")), ""))
}

// names resolves "$name" to an address.
type names map[string]uint64

// number reads a value as a number of 64 bits; negative ones are in two's
// complement.
func (n names) number(v Value) (uint64, error) {
	s, ok := v.raw.(string)
	switch {
	case v.raw == nil:
		return 0, nil
	case !ok:
		return 0, fmt.Errorf("want a number, not a list")
	case strings.HasPrefix(s, "$"):
		return n.address(s[1:])
	case strings.HasPrefix(s, "-E"):
		e, ok := errno.Named(s[1:])
		if !ok {
			return 0, fmt.Errorf("%q is no error number", s)
		}
		return e.Ret(), nil
	case s == "true":
		return 1, nil
	case s == "false":
		return 0, nil
	}
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return u, nil
	}
	i, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return uint64(i), nil
}

// address reads a name with an optional offset.
func (n names) address(s string) (uint64, error) {
	name, offset, minus := s, "", false
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		name, offset, minus = s[:i], s[i+1:], s[i] == '-'
	}
	addr, ok := n[name]
	if !ok {
		return 0, fmt.Errorf("there is no $%s", name)
	}
	if offset == "" {
		return addr, nil
	}
	d, err := strconv.ParseUint(offset, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("$%s: %q is no offset", s, offset)
	}
	if minus {
		return addr - d, nil
	}
	return addr + d, nil
}

// plain makes what typed.Put and typed.Encode take of a value.
func (n names) plain(v Value) (any, error) {
	switch raw := v.raw.(type) {
	case nil:
		return nil, nil
	case []Value:
		list := make([]any, len(raw))
		for i, item := range raw {
			var err error
			if list[i], err = n.plain(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case string:
		if u, err := n.number(v); err == nil {
			if u > math.MaxInt64 && strings.HasPrefix(raw, "-") {
				return int64(u), nil
			}
			return u, nil
		} else if strings.HasPrefix(raw, "$") {
			return nil, err
		}
		return raw, nil
	}
	return nil, fmt.Errorf("want a number, text or a list")
}

// bytes makes n bytes of a value: a number in little-endian order, hex digits
// with 0x in front, or a list.
func (n names) bytes(v Value, size int) ([]byte, error) {
	switch raw := v.raw.(type) {
	case []Value:
		if len(raw) == 0 || size%len(raw) != 0 {
			return nil, fmt.Errorf("%d values do not make %d bytes", len(raw), size)
		}
		var out []byte
		for _, item := range raw {
			b, err := n.bytes(item, size/len(raw))
			if err != nil {
				return nil, err
			}
			out = append(out, b...)
		}
		return out, nil
	case string:
		if rest, ok := strings.CutPrefix(raw, "0x"); ok && len(rest) == 2*size && size > 8 {
			return parseHex(rest)
		}
	}
	u, err := n.number(v)
	if err != nil {
		return nil, err
	}
	if size < 8 && u>>(8*size) != 0 && int64(u) < -(1<<(8*size-1)) || size < 8 && int64(u) > 0 && u>>(8*size) != 0 {
		return nil, fmt.Errorf("%v does not fit into %d bytes", v.raw, size)
	}
	out := make([]byte, size)
	for i := range min(size, 8) {
		out[i] = byte(u >> (8 * i))
	}
	return out, nil
}

// put sets what is at a path of a type whose bytes are given.
func (n names) put(b []byte, t btf.Type, path string, v Value) error {
	members, ok := v.raw.(map[string]Value)
	if !ok {
		plain, err := n.plain(v)
		if err != nil {
			return err
		}
		return typed.Put(b, t, path, plain)
	}
	for _, name := range sortedKeys(members) {
		if err := n.put(b, t, strings.TrimPrefix(path+"."+name, "."), members[name]); err != nil {
			return err
		}
	}
	return nil
}

// make makes a value of a type; without a type of that size it is bytes.
func (n names) make(t btf.Type, size int, v Value) ([]byte, error) {
	if t == nil {
		return n.bytes(v, size)
	}
	if of, err := btf.Sizeof(t); err != nil || of != size {
		return n.bytes(v, size)
	}
	b := make([]byte, size)
	return b, n.put(b, t, "", v)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
