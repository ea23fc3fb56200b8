package gen

import (
	"strings"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// kfunc is a function of the kernel that programs may call.
type kfunc struct {
	name   string
	id     int32
	row    *linux.Kfunc
	params []kparam
	ret    btf.ID // the struct that the result points to, 0 for other results
	memory bool   // the result points to memory
	void   bool   // there is no result
	lost   bool   // has implicit arguments, and the kernel does not know which
}

// kparam is a parameter, as far as it matters for what is passed.
type kparam struct {
	kind   kparamKind
	suffix linux.ArgSuffix
	typ    btf.ID // of kparamObject and kparamIter: the struct
	name   string // of kparamContext: the struct
	size   uint32 // of the memory pointed to
}

type kparamKind uint8

const (
	kparamNumber kparamKind = iota
	kparamConst
	kparamSize // of the memory before
	kparamIgnored
	kparamContext
	kparamObject
	kparamMemory
	kparamDynptr
	kparamIter
	kparamString
	kparamMap
	kparamOwn
	kparamField // of a map's value: a timer, a list, a tree
	kparamFlag  // of interrupts
	kparamFunc
)

// structParams are parameters that are told by the struct they point to.
var structParams = map[string]kparamKind{
	"bpf_dynptr": kparamDynptr, "bpf_list_head": kparamField, "bpf_list_node": kparamOwn, "bpf_rb_root": kparamField,
	"bpf_rb_node": kparamOwn, "bpf_wq": kparamField, "bpf_timer": kparamField, "bpf_task_work": kparamField,
	"bpf_res_spin_lock": kparamField, "bpf_prog_aux": kparamIgnored, "__sk_buff": kparamContext, "xdp_md": kparamContext,
}

// suffixParams are parameters that are told by the end of their name.
var suffixParams = map[linux.ArgSuffix]kparamKind{
	linux.SuffixIgnored: kparamIgnored, linux.SuffixImplicitProgAux: kparamIgnored, linux.SuffixMap: kparamMap,
	linux.SuffixAlloc: kparamOwn, linux.SuffixRefcountedKptr: kparamOwn, linux.SuffixStr: kparamString,
	linux.SuffixIRQFlag: kparamFlag, linux.SuffixConst: kparamConst, linux.SuffixSize: kparamSize, linux.SuffixConstSize: kparamSize,
}

// configured are functions that kernels built without an option describe,
// and refuse to every program. Facts are of kernels that have the option.
var configured = map[string]string{"bpf_verify_pkcs7_signature": "CONFIG_SYSTEM_DATA_VERIFICATION"}

// findKfuncs reads the prototypes of all kfuncs that the kernel has.
func (w *World) findKfuncs() {
	for _, name := range w.facts.KfuncNames() {
		id, ok := w.kernel.Find(btf.KindFunc, name)
		if !ok || configured[name] != "" {
			continue
		}
		proto, _ := w.kernel.Proto(id)
		f := kfunc{name: name, id: int32(id), row: w.facts.Kfunc(name)}
		for i := range w.kernel.NumMembers(proto) {
			f.params = append(f.params, w.kparam(proto, i))
		}
		w.result(&f, w.kernel.Resolve(w.kernel.Elem(proto)))
		_, impl := w.kernel.Find(btf.KindFunc, name+"_impl")
		f.lost = f.row.Has(linux.KfuncImplicitArgs) && !impl
		w.kfuncs = append(w.kfuncs, f)
	}
	for i := range w.kfuncs {
		w.byName[w.kfuncs[i].name] = &w.kfuncs[i]
	}
}

func (w *World) kparam(proto btf.ID, i int) kparam {
	param := w.kernel.Param(proto, i)
	p := kparam{suffix: w.facts.SuffixOf(param.Name)}
	t := w.kernel.Resolve(param.Type)
	kind, told := suffixParams[p.suffix]
	if w.kernel.Kind(t) != btf.KindPointer {
		if p.kind = kparamNumber; told {
			p.kind = kind
		}
		return p
	}
	t = w.kernel.Resolve(w.kernel.Elem(t))
	name := w.kernel.Name(t)
	p.size, _ = w.kernel.Size(t)
	switch by, ok := structParams[name]; {
	case told:
		p.kind = kind
	case ok:
		p.kind, p.name = by, name
	case strings.HasPrefix(name, "bpf_iter_") && name != "bpf_iter_meta":
		p.kind, p.typ = kparamIter, t
	case w.kernel.Kind(t) == btf.KindFuncProto:
		p.kind = kparamFunc
	case w.kernel.Kind(t) == btf.KindStruct:
		p.kind, p.typ = kparamObject, t
	default:
		p.kind = kparamMemory
	}
	return p
}

func (w *World) result(f *kfunc, t btf.ID) {
	f.void = w.kernel.Kind(t) == btf.KindVoid
	if w.kernel.Kind(t) != btf.KindPointer {
		return
	}
	t = w.kernel.Resolve(w.kernel.Elem(t))
	if w.kernel.Kind(t) == btf.KindStruct {
		f.ret = t
		return
	}
	f.memory = true
}

// layout is what the generator knows of a struct of the kernel.
type layout struct {
	pointers []field // to structs
	telling  []field // pointers that the kernel has rules for
	numbers  []field
}

// field is a member, or a member of one.
type field struct {
	off    int16
	size   uint8 // of numbers, as in an instruction
	target btf.ID
}

// telling are names of pointers that mean something to verifiers.
const telling = " real_parent parent group_leader cgroups last_wakee cpus_ptr dfl_cgrp sk dev mm exe_file file f_inode d_inode " +
	"vm_mm vm_file vma css cgroup self meta seq task map prog skb sk_common owner nsproxy files fs signal d_parent f_path " +
	"percpu_ref kn rq curr idle parent_css uds inode f_mapping host real_cred cred user_ptr s_dev next "

// layoutOf lists the members of a struct, nested ones included.
func (w *World) layoutOf(id btf.ID) *layout {
	if l := w.layouts[id]; l != nil {
		return l
	}
	l := &layout{}
	w.addMembers(l, id, 0, 0)
	w.layouts[id] = l
	return l
}

func (w *World) addMembers(l *layout, id btf.ID, base uint32, depth int) {
	for i := range w.kernel.NumMembers(id) {
		m := w.kernel.Member(id, i)
		off := base + m.Offset/8
		if m.Bits != 0 || off > 1<<14 {
			continue
		}
		t := w.kernel.Resolve(m.Type)
		switch w.kernel.Kind(t) {
		case btf.KindInt, btf.KindEnum:
			size, _ := w.kernel.Size(t)
			if code, ok := sizeCode[size]; ok {
				l.numbers = append(l.numbers, field{off: int16(off), size: code})
			}
		case btf.KindPointer:
			target := w.kernel.Resolve(w.kernel.Elem(t))
			f := field{off: int16(off), target: target}
			if w.kernel.Kind(target) == btf.KindStruct {
				l.pointers = append(l.pointers, f)
				if strings.Contains(telling, " "+m.Name+" ") {
					l.telling = append(l.telling, f)
				}
			}
		case btf.KindStruct, btf.KindUnion:
			if depth < 2 {
				w.addMembers(l, t, off, depth+1)
			}
		}
	}
}

var sizeCode = map[uint32]uint8{1: sizes[0], 2: sizes[1], 4: sizes[2], 8: sizes[3]}
