package absint

import (
	"strings"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// kfunc is a kernel function that the program calls, with all that its
// prototype and its registration say about a call.
type kfunc struct {
	name    string
	id      btf.ID
	flags   linux.KfuncFlags
	special kfuncSpecial
	allowed bool   // for programs of this hook
	feature string // what is not modelled of it, "" for nothing
	args    []kfuncArg
	ret     kfuncRet
}

func (f *kfunc) has(flags linux.KfuncFlags) bool { return f.flags&flags == flags }

// kfuncArg is one parameter. What depends on the register that is passed is
// decided at the call.
type kfuncArg struct {
	kind     kfuncArgKind
	suffix   linux.ArgSuffix
	class    string // kind of the type pointed to, as messages name it
	typeName string // its name
	typ      btf.ID // its ID
	isStruct bool
	isFunc   bool   // a callback
	memory   bool   // it is a number, or made of nothing but numbers
	void     bool   // nothing is known of it
	size     uint32 // its size, when hasSize
	hasSize  bool
	sized    bool // the next parameter is the size of the memory
	slots    int  // iterators: size in stack slots
}

// kfuncArgKind is what can be said of a parameter without the register.
type kfuncArgKind uint8

const (
	kargPointer kfuncArgKind = iota // a typed pointer, a callback or memory
	kargIgnored
	kargScalar
	kargConst       // a number that must be known
	kargRdonlySize  // the known size of the memory that is returned
	kargRdwrSize    // ... which may be written
	kargUnsupported // neither a number nor a pointer
	kargCtx
	kargAlloc
	kargRefcounted
	kargDynptr
	kargIter
	kargListHead
	kargListNode
	kargRBRoot
	kargRBNode
	kargString
	kargMap
	kargWorkqueue
	kargTimer
	kargTaskWork
	kargIRQFlag
	kargResLock
)

// kfuncRet is what the function returns.
type kfuncRet struct {
	kind     kfuncRetKind
	class    string
	typeName string
	typ      btf.ID // of the struct pointed to
	size     uint32 // of the memory pointed to; 0 when it has none
}

type kfuncRetKind uint8

const (
	kretVoid kfuncRetKind = iota
	kretScalar
	kretPointer // to nothing that is known: as good as a number
	kretMemory
	kretStruct
	kretOther
)

// structArgs are parameters that are told by the struct they point to.
var structArgs = map[string]kfuncArgKind{
	"bpf_dynptr":        kargDynptr,
	"bpf_list_head":     kargListHead,
	"bpf_list_node":     kargListNode,
	"bpf_rb_root":       kargRBRoot,
	"bpf_rb_node":       kargRBNode,
	"bpf_wq":            kargWorkqueue,
	"bpf_timer":         kargTimer,
	"bpf_task_work":     kargTaskWork,
	"bpf_res_spin_lock": kargResLock,
}

// suffixArgs are parameters that are told by their name.
var suffixArgs = map[linux.ArgSuffix]kfuncArgKind{
	linux.SuffixAlloc:          kargAlloc,
	linux.SuffixRefcountedKptr: kargRefcounted,
	linux.SuffixStr:            kargString,
	linux.SuffixMap:            kargMap,
	linux.SuffixIRQFlag:        kargIRQFlag,
}

// kfuncReader reads prototypes for one program.
type kfuncReader struct {
	types   *btf.Types
	hook    *hook
	context string // name of the type that programs give their context
	member  string // struct_ops type that the program belongs to
}

// lacksImpl reports whether the kernel cannot find the prototype of a kfunc: that
// of one with implicit arguments is the one of the function with "_impl" behind
// the name, which kernels that were built with older tools do not have for all.
func (r *kfuncReader) lacksImpl(f *kfunc) bool {
	if !f.allowed || !f.has(linux.KfuncImplicitArgs) {
		return false
	}
	_, ok := r.types.Find(btf.KindFunc, f.name+"_impl")
	return !ok
}

// read describes the function with an ID; nil when there is none.
func (r *kfuncReader) read(id btf.ID) *kfunc {
	proto, ok := r.types.Proto(id)
	if !ok || r.types.Kind(id) != btf.KindFunc {
		return nil
	}
	name := r.types.Name(id)
	f := &kfunc{name: name, id: id, special: specialKfuncs[name]}
	if row := r.hook.kernel.Kfunc(name); row != nil {
		f.flags = row.Flags
		f.allowed = row.MayCall(r.hook.Hook, r.member)
	}
	for i := range r.types.NumMembers(proto) {
		f.args = append(f.args, r.arg(f, proto, i))
	}
	f.ret = r.ret(r.types.Elem(proto))
	f.feature = f.missing()
	return f
}

func (r *kfuncReader) arg(f *kfunc, proto btf.ID, i int) kfuncArg {
	p := r.types.Param(proto, i)
	a := kfuncArg{suffix: r.hook.kernel.SuffixOf(p.Name)}
	t := r.types.Resolve(p.Type)
	switch k := r.types.Kind(t); {
	case a.suffix == linux.SuffixIgnored, a.suffix == linux.SuffixImplicitProgAux:
		a.kind = kargIgnored
		return a
	case isNumber(k):
		a.kind = kargScalar
		switch {
		case a.suffix == linux.SuffixConst:
			a.kind = kargConst
		case p.Name == "rdonly_buf_size":
			a.kind = kargRdonlySize
		case p.Name == "rdwr_buf_size":
			a.kind = kargRdwrSize
		}
		return a
	case k != btf.KindPointer:
		a.kind, a.class = kargUnsupported, k.String()
		return a
	}
	r.describe(&a, r.types.Resolve(r.types.Elem(t)))
	if a.typeName == "bpf_prog_aux" && f.has(linux.KfuncImplicitArgs) {
		a.kind = kargIgnored
		return a
	}
	if i+1 < r.types.NumMembers(proto) {
		size := r.types.Param(proto, i+1)
		suffix := r.hook.kernel.SuffixOf(size.Name)
		a.sized = isNumber(r.types.Kind(r.types.Resolve(size.Type))) &&
			(suffix == linux.SuffixSize || suffix == linux.SuffixConstSize)
	}
	a.kind = r.argKind(f, &a, p.Name, i)
	if a.kind == kargIter {
		a.slots = int(a.size / 8)
	}
	return a
}

// argKind tells what a pointer parameter is, in the order in which the kernel
// asks.
func (r *kfuncReader) argKind(f *kfunc, a *kfuncArg, name string, i int) kfuncArgKind {
	session := f.special == kfuncSessionCookie || f.special == kfuncSessionReturn
	if f.special == kfuncCastToKernCtx || session || a.isStruct && r.isContext(a.typeName) {
		return kargCtx
	}
	isIter := f.flags&kfuncIter != 0
	bySuffix, hasSuffix := suffixArgs[a.suffix]
	byStruct, hasStruct := structArgs[a.typeName]
	switch {
	case a.suffix == linux.SuffixAlloc, a.suffix == linux.SuffixRefcountedKptr:
		return bySuffix
	case byStruct == kargDynptr:
		return kargDynptr
	case isIter && i == 0, !isIter && strings.HasSuffix(name, "__iter"):
		return kargIter
	case hasStruct && byStruct <= kargRBNode:
		return byStruct
	case hasSuffix && bySuffix != kargIRQFlag:
		return bySuffix
	case hasStruct && byStruct != kargResLock:
		return byStruct
	case hasSuffix:
		return bySuffix
	case hasStruct:
		return byStruct
	}
	return kargPointer
}

// isContext reports whether a pointer to the named struct stands for the
// program's context.
func (r *kfuncReader) isContext(name string) bool {
	switch r.context {
	case "", name:
		return r.context != ""
	case "bpf_user_pt_regs_t":
		return name == "pt_regs"
	}
	return name == linux.KernelContext(r.context)
}

// describe fills in what a parameter points to.
func (r *kfuncReader) describe(a *kfuncArg, target btf.ID) {
	k := r.types.Kind(target)
	a.class, a.typeName, a.typ = k.String(), r.types.Name(target), target
	a.void = k == btf.KindVoid
	a.isFunc = k == btf.KindFuncProto
	a.isStruct = k.IsComposite()
	a.memory = isNumber(k) || a.isStruct && onlyNumbers(r.types, target, 0)
	a.size, a.hasSize = r.types.Size(target)
}

func (r *kfuncReader) ret(t btf.ID) kfuncRet {
	t = r.types.Resolve(t)
	switch k := r.types.Kind(t); {
	case isNumber(k):
		return kfuncRet{kind: kretScalar}
	case k == btf.KindVoid:
		return kfuncRet{kind: kretVoid}
	case k != btf.KindPointer:
		return kfuncRet{kind: kretOther}
	}
	target := r.types.Resolve(r.types.Elem(t))
	k := r.types.Kind(target)
	ret := kfuncRet{kind: kretMemory, class: k.String(), typeName: r.types.Name(target), typ: target}
	switch {
	case k == btf.KindVoid:
		ret.kind = kretPointer
	case k.IsComposite():
		ret.kind = kretStruct
	default:
		ret.size, _ = r.types.Size(target)
	}
	return ret
}

func isNumber(k btf.Kind) bool { return k == btf.KindInt || k == btf.KindEnum || k == btf.KindEnum64 }

// maxScalarNesting bounds how deep structs of numbers are nested.
const maxScalarNesting = 3

// onlyNumbers reports whether a struct is made of nothing but numbers.
func onlyNumbers(types *btf.Types, id btf.ID, depth int) bool {
	for i := range types.NumMembers(id) {
		t := types.Resolve(types.Member(id, i).Type)
		k := types.Kind(t)
		if k.IsComposite() {
			if depth >= maxScalarNesting || !onlyNumbers(types, t, depth+1) {
				return false
			}
			continue
		}
		if k == btf.KindArray {
			if types.NumElems(t) == 0 {
				return false
			}
			k = types.Kind(types.Resolve(types.Elem(t)))
		}
		if !isNumber(k) {
			return false
		}
	}
	return true
}
