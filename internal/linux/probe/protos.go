package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// layout says where the members of struct bpf_func_proto stand in this kernel.
type layout struct {
	size   int
	offset map[string]int // -1 when the kernel has no such member
}

func protoLayout(spec *btf.Spec) (layout, error) {
	var s *btf.Struct
	if err := spec.TypeByName("bpf_func_proto", &s); err != nil {
		return layout{}, err
	}
	l := layout{size: int(s.Size), offset: map[string]int{}}
	var walk func(members []btf.Member, base int)
	walk = func(members []btf.Member, base int) {
		for _, m := range members {
			at := base + int(m.Offset.Bytes())
			if m.Name != "" {
				l.offset[m.Name] = at
				continue
			}
			switch t := m.Type.(type) {
			case *btf.Struct:
				walk(t.Members, at)
			case *btf.Union:
				walk(t.Members, at)
			}
		}
	}
	walk(s.Members, 0)
	return l, nil
}

// enumNames spells values of the kernel's types of arguments and results: the
// low byte is the base, the rest are flags.
type enumNames struct {
	values map[uint64]string
	flags  map[uint64]string
}

func newEnumNames(spec *btf.Spec, enum string) (enumNames, error) {
	n := enumNames{map[uint64]string{}, map[uint64]string{}}
	var e *btf.Enum
	if err := spec.TypeByName(enum, &e); err != nil {
		return n, err
	}
	for _, v := range e.Values {
		if v.Value < 256 {
			n.values[v.Value] = v.Name
		}
	}
	if err := spec.TypeByName("bpf_type_flag", &e); err != nil {
		return n, nil // Linux 5.10 has plain values only
	}
	for _, v := range e.Values {
		if !strings.HasPrefix(v.Name, "__") {
			n.flags[v.Value] = v.Name
		}
	}
	return n, nil
}

func (n enumNames) spell(v uint32) string {
	words := []string{n.values[uint64(v&0xff)]}
	if words[0] == "" {
		words[0] = fmt.Sprintf("UNKNOWN_%d", v&0xff)
	}
	for bit := uint32(256); bit != 0; bit <<= 1 {
		if v&bit == 0 {
			continue
		}
		name := n.flags[uint64(bit)]
		if name == "" {
			name = fmt.Sprintf("FLAG_%#x", bit)
		}
		words = append(words, name)
	}
	return strings.Join(words, "|")
}

// protoReader prints the prototypes of helpers as they stand in the memory of
// the kernel.
type protoReader struct {
	mem       *memory
	spec      *btf.Spec
	lay       layout
	args, ret enumNames
	ids       map[string]uint32
}

// helperIDs reads the kernel's numbers of helpers, by name without "bpf_".
func helperIDs(spec *btf.Spec) (map[string]uint32, error) {
	var e *btf.Enum
	if err := spec.TypeByName("bpf_func_id", &e); err != nil {
		return nil, err
	}
	ids := map[string]uint32{}
	for _, v := range e.Values {
		if name, ok := strings.CutPrefix(v.Name, "BPF_FUNC_"); ok {
			ids[name] = uint32(v.Value)
		}
	}
	return ids, nil
}

// printProtos writes one row per struct bpf_func_proto of the kernel:
// ID, helper, symbol, function, flags, return type, five arguments, separated by tabs.
func printProtos(w io.Writer) error {
	mem, err := openMemory()
	if err != nil {
		return err
	}
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	r := &protoReader{mem: mem, spec: spec}
	if r.lay, err = protoLayout(spec); err != nil {
		return err
	}
	if r.args, err = newEnumNames(spec, "bpf_arg_type"); err != nil {
		return err
	}
	if r.ret, err = newEnumNames(spec, "bpf_return_type"); err != nil {
		return err
	}
	if r.ids, err = helperIDs(spec); err != nil {
		return err
	}
	var rows []string
	for _, s := range mem.byName {
		helper := r.helperOf(s.name)
		if helper == "" {
			continue
		}
		row, err := r.row(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if row != "" {
			rows = append(rows, fmt.Sprintf("%d\t%s\t%s", r.ids[helper], helper, row))
		}
	}
	slices.Sort(rows)
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	return nil
}

// helperOf names the helper of a prototype's symbol, "" when the symbol is
// something else.
func (r *protoReader) helperOf(symbol string) string {
	name, variant, ok := strings.Cut(strings.TrimPrefix(symbol, "bpf_"), "_proto")
	switch {
	case !ok, strings.Contains(symbol, "."):
		return ""
	case protoAlias[symbol] != "":
		return protoAlias[symbol]
	case variant == "_proto": // bpf_skb_change_proto_proto
		name += "_proto"
	}
	if _, known := r.ids[name]; known {
		return name
	}
	return ""
}

func (r *protoReader) row(s symbol) (string, error) {
	raw, err := r.mem.read(s.addr, r.lay.size)
	if err != nil {
		return "", err
	}
	le := binary.LittleEndian
	fn := r.mem.name[le.Uint64(raw[r.lay.offset["func"]:])]
	if (fn == "" || fn == "fixed_percpu_data") && s.name != "bpf_tail_call_proto" {
		return "", nil // a weak symbol that this configuration left empty, or code
	}
	var flags []string
	for _, f := range []string{"gpl_only", "pkt_access", "might_sleep", "allow_fastcall"} {
		if at, ok := r.lay.offset[f]; ok && raw[at] != 0 {
			flags = append(flags, f)
		}
	}
	if p := le.Uint64(raw[r.lay.offset["allowed"]:]); p != 0 {
		flags = append(flags, "allowed="+r.mem.name[p])
	}
	words := []string{s.name, fn, strings.Join(flags, ",")}

	ret := r.ret.spell(le.Uint32(raw[r.lay.offset["ret_type"]:]))
	if p := le.Uint64(raw[r.lay.offset["ret_btf_id"]:]); p != 0 {
		if ret, err = r.typed(ret, p); err != nil {
			return "", err
		}
	}
	words = append(words, ret)
	for i := range 5 {
		arg := r.args.spell(le.Uint32(raw[r.lay.offset["arg_type"]+4*i:]))
		extra := le.Uint64(raw[r.lay.offset["arg_btf_id"]+8*i:])
		switch {
		case extra == 0:
		case strings.Contains(arg, "MEM_FIXED_SIZE"):
			arg = fmt.Sprintf("%s:%d", arg, extra)
		default:
			if arg, err = r.typed(arg, extra); err != nil {
				return "", err
			}
		}
		words = append(words, arg)
	}
	for words[len(words)-1] == "ARG_DONTCARE" {
		words = words[:len(words)-1]
	}
	return strings.Join(words, "\t"), nil
}

// typed appends the name of the type whose BTF ID stands at a kernel address.
func (r *protoReader) typed(word string, addr uint64) (string, error) {
	id, err := r.mem.u32(addr)
	if err != nil {
		return word + ":?", nil
	}
	t, err := r.spec.TypeByID(btf.TypeID(id))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s:%s", word, t.TypeName()), nil
}
