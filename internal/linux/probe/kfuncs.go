package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// kfunc is a kernel function that programs may call.
type kfunc struct {
	id    uint32
	name  string
	flags uint32
	hooks []string // of the kernel's registration, without BTF_KFUNC_HOOK_
}

// kfuncReader walks the registration of kfuncs in the kernel's memory.
type kfuncReader struct {
	mem  *memory
	spec *btf.Spec
}

// printKfuncs writes name, flags, where it is registered and the number of the
// list of hooks that may call it, one kfunc per row; the lists come first, with
// "-" for a name.
func printKfuncs(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	list, err := registeredKfuncs(spec)
	if err != nil {
		return err
	}
	l := newLoader()
	hooks := kfuncHooks(spec, l)
	lists := map[string]int{}
	var rows []string
	for _, k := range list {
		var callers []string
		for _, h := range hooks {
			if h.mayCallKfunc(l, k.id) {
				callers = append(callers, h.short())
			}
		}
		text := strings.Join(callers, " ")
		if lists[text] == 0 {
			lists[text] = len(lists) + 1
			fmt.Fprintf(w, "-\t%d\t%s\n", lists[text], text)
		}
		rows = append(rows, fmt.Sprintf("%s\t%#x\t%s\t%d", k.name, k.flags, strings.Join(k.hooks, " "), lists[text]))
	}
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	return nil
}

// kfuncHooks is one hook of every kind that the kernel lets load.
func kfuncHooks(spec *btf.Spec, l *loader) []hook {
	var out []hook
	seen := map[string]bool{}
	for _, h := range allHooks(spec) {
		if seen[h.short()] || h.target == "" && h.typ != 2 && h.attach != plain[h.typ][0] || !h.loads(l) {
			continue
		}
		seen[h.short()] = true
		out = append(out, h)
	}
	return out
}

// short names the kind of a hook: its type, the attach type of typed ones, the
// kernel's type of a struct_ops, and whether it sleeps.
func (h hook) short() string {
	s := fmt.Sprint(h.typ)
	switch {
	case h.typ == typeStructOps:
		s += "/" + strings.Split(h.target, ":")[1]
	case h.target != "" || h.typ == 2 && h.attach != 0: // sessions of kprobes have kfuncs of their own
		s += fmt.Sprintf("/%d", h.attach)
	}
	if h.sleepable {
		s += "/s"
	}
	return s
}

func (h hook) mayCallKfunc(l *loader, id uint32) bool {
	_, log := l.load(h.program(insn{op: 0x85, regs: 2 << 4, imm: int32(id)}, movImm(0, 0), exit()))
	return log != "" && !strings.Contains(log, "is not allowed")
}

func registeredKfuncs(spec *btf.Spec) ([]*kfunc, error) {
	mem, err := openMemory()
	if err != nil {
		return nil, err
	}
	r := kfuncReader{mem, spec}
	kernel, err := mem.pointer(mem.addr["btf_vmlinux"])
	if err != nil {
		return nil, err
	}
	member, err := r.member("btf", "kfunc_set_tab")
	if err != nil {
		return nil, nil // no kfuncs yet
	}
	table, err := mem.pointer(kernel + member)
	if err != nil {
		return nil, err
	}
	var e *btf.Enum
	if err := spec.TypeByName("btf_kfunc_hook", &e); err != nil {
		return nil, err
	}
	found := map[string]*kfunc{}
	for _, v := range e.Values {
		name := strings.TrimPrefix(v.Name, "BTF_KFUNC_HOOK_")
		if name == "MAX" {
			continue
		}
		if err := r.set(table+8*v.Value, name, found); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *kfunc) int { return cmp.Compare(a.name, b.name) }), nil
}

// set reads the set that the pointer at an address leads to.
func (r kfuncReader) set(at uint64, hook string, found map[string]*kfunc) error {
	set, err := r.mem.pointer(at)
	if err != nil || set == 0 {
		return err
	}
	count, err := r.mem.u32(set)
	if err != nil {
		return err
	}
	if count > 4096 {
		return errors.New("no set of kfuncs")
	}
	raw, err := r.mem.read(set+8, int(count)*8)
	if err != nil {
		return err
	}
	for ; len(raw) > 0; raw = raw[8:] {
		k := kfunc{id: native.Uint32(raw), flags: native.Uint32(raw[4:])}
		t, err := r.spec.TypeByID(btf.TypeID(k.id))
		if err != nil {
			return err
		}
		k.name = t.TypeName()
		if old := found[k.name]; old == nil {
			found[k.name] = &k
		} else if old.flags != k.flags {
			return fmt.Errorf("%s has flags %#x and %#x", k.name, old.flags, k.flags)
		}
		found[k.name].hooks = append(found[k.name].hooks, hook)
	}
	return nil
}

func (r kfuncReader) member(typ, name string) (uint64, error) {
	var s *btf.Struct
	if err := r.spec.TypeByName(typ, &s); err != nil {
		return 0, err
	}
	for _, m := range s.Members {
		if m.Name == name {
			return uint64(m.Offset.Bytes()), nil
		}
	}
	return 0, fmt.Errorf("struct %s has no %s", typ, name)
}

func (m *memory) pointer(at uint64) (uint64, error) {
	b, err := m.read(at, 8)
	if err != nil {
		return 0, err
	}
	return native.Uint64(b), nil
}

// idSets are lists of functions and types that decide about programs.
var idSets = []string{
	"btf_allowlist_d_path", "btf_non_sleepable_error_inject", "btf_id_deny", "noreturn_deny", "fexit_deny", "rcu_protected_types",
	"bpf_lsm_hooks", "bpf_lsm_disabled_hooks", "bpf_lsm_current_hooks", "bpf_lsm_locked_sockopt_hooks", "bpf_lsm_unlocked_sockopt_hooks",
	"sleepable_lsm_hooks", "untrusted_lsm_hooks", "bool_lsm_hooks", "void_lsm_hooks",
}

// printSets writes those sets by name, and the functions that error injection
// may change, which fmod_ret programs may replace.
func printSets(w io.Writer) error {
	mem, err := openMemory()
	if err != nil {
		return err
	}
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	for _, name := range idSets {
		at := mem.addr[name]
		if at == 0 {
			continue
		}
		count, err := mem.u32(at)
		if err != nil {
			return err
		}
		raw, err := mem.read(at+4, int(min(count, 4096))*4)
		if err != nil {
			return err
		}
		var names []string
		for ; len(raw) > 0; raw = raw[4:] {
			if t, err := spec.TypeByID(btf.TypeID(native.Uint32(raw))); err == nil && native.Uint32(raw) != 0 {
				names = append(names, t.TypeName())
			}
		}
		slices.Sort(names)
		fmt.Fprintf(w, "%s\t%s\n", name, strings.Join(names, " "))
	}
	list, err := os.ReadFile("/sys/kernel/debug/error_injection/list")
	if err == nil {
		fmt.Fprintf(w, "error_injection\t%s\n", strings.Join(strings.Fields(string(list)), " "))
	}
	return nil
}
