package gen

import (
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
)

// Func is a function of a generated program.
type Func struct {
	Start int
	Type  int // index of prototypes
}

// prototype is a type that functions have: the program itself, functions that
// are followed or called back, and functions that are verified alone.
type prototype struct {
	name   string
	global bool
	params []param
	ret    btf.Type
}

// param is an argument of a function: what the function takes it for, and what
// callers pass.
type param struct {
	typ  btf.Type
	tags []string
	kind kind   // that the function may count on
	of   string // of object: the struct
	pass func(*maker, uint8)
	has  func(*maker) bool // nil for always
}

var prototypes = []prototype{
	{"prog", true, []param{{typ: pointerTo(&btf.Void{}), tags: []string{"arg:ctx"}, kind: ctx}}, signed},
	{"followed", false, []param{{typ: word}, {typ: word}, {typ: word}, {typ: word}, {typ: word}}, signed},
	{"number", true, []param{numeric}, signed},
	{"context", true, []param{{typ: pointerTo(&btf.Void{}), tags: []string{"arg:ctx"}, kind: ctx, pass: (*maker).passContext}}, signed},
	{"memory", true, []param{{typ: pointerTo(pair), kind: maybe, pass: (*maker).passMemory}, numeric}, signed},
	{"filled", true, []param{numeric, {typ: pointerTo(word), tags: []string{"arg:nonnull"}, kind: slot, pass: (*maker).passMemory}}, signed},
	{"chosen", true, []param{{typ: choice, kind: number, pass: (*maker).passNumber}, numeric}, choice},
	{"large", true, []param{{typ: pointerTo(large), kind: maybe, pass: (*maker).passMemory}}, signed},
	{"bytes", true, []param{{typ: pointerTo(&btf.Array{Type: half, Index: half, Nelems: 4}), tags: []string{"arg:nonnull"}, kind: record, pass: (*maker).passMemory}}, word},
	{"dynptr", true, []param{{typ: pointerTo(dynptr), kind: dynptrArg, pass: (*maker).passDynptr, has: (*maker).hasDynptr}, numeric}, signed},
	{"trusted", true, []param{object_("task_struct", task, object, "arg:trusted"), numeric}, signed},
	{"trustedOrNull", true, []param{object_("task_struct", task, objectMaybe, "arg:trusted", "arg:nullable")}, signed},
	{"trustedGroup", true, []param{object_("cgroup", cgroup, object, "arg:trusted"), object_("task_struct", task, objectMaybe, "arg:trusted", "arg:nullable")}, signed},
	{"trustedSock", true, []param{object_("sock", sk, object, "arg:trusted")}, signed},
	{"untrusted", true, []param{object_("task_struct", task, object, "arg:untrusted")}, signed},
	{"untrustedWord", true, []param{{typ: pointerTo(word), tags: []string{"arg:untrusted"}, kind: slot, pass: (*maker).passAnything}}, signed},
	{"buffer", true, []param{{typ: pointerTo(buffer), kind: ctx, pass: (*maker).passContext}}, signed},
	{"xdp", true, []param{{typ: pointerTo(xdp), kind: ctx, pass: (*maker).passContext}, numeric}, signed},
	{"mixed", true, []param{numeric, {typ: pointerTo(pair), kind: maybe, pass: (*maker).passMemory}, numeric,
		{typ: pointerTo(half), kind: maybe, pass: (*maker).passMemory}, {typ: choice, kind: number, pass: (*maker).passNumber}}, signed},
	{"arena", true, []param{{typ: pointerTo(word), tags: []string{"arg:arena"}, kind: arenaMemory, pass: (*maker).passArena, has: (*maker).hasArena}, numeric}, signed},
	// What follows has types that no function can have.
	{"anything", true, []param{{typ: pointerTo(&btf.Void{}), kind: none, pass: (*maker).passMemory}}, signed},
	{"byValue", true, []param{{typ: pair, kind: none, pass: (*maker).passNumber}}, signed},
	{"nothing", true, []param{numeric}, &btf.Void{}},
	{"pointing", true, []param{numeric}, pointerTo(pair)},
	{"contradiction", true, []param{{typ: pointerTo(pair), tags: []string{"arg:trusted", "arg:nonnull"}, kind: none, pass: (*maker).passMemory}}, signed},
	{"unknownTag", true, []param{{typ: pointerTo(pair), tags: []string{"arg:mystery"}, kind: maybe, pass: (*maker).passMemory}}, signed},
	{"taggedNumber", true, []param{{typ: word, tags: []string{"arg:nonnull"}, kind: number, pass: (*maker).passNumber}}, signed},
}

const (
	typeFollowed = 1
	firstGlobal  = 2
	numSound     = 18 // global functions of types that they can have
)

var numeric = param{typ: word, kind: number, pass: (*maker).passNumber}

// object_ is a parameter that points to an object of the kernel.
func object_(name string, t btf.Type, k kind, tags ...string) param {
	return param{typ: pointerTo(t), tags: tags, kind: k, of: name, pass: func(m *maker, r uint8) { m.passObjectNamed(r, name) },
		has: func(m *maker) bool { return m.hasObjectNamed(name) }}
}

// typ is the prototype as BTF.
func (p *prototype) typ() *btf.Func {
	f := &btf.Func{Name: p.name, Linkage: btf.StaticFunc}
	if p.global {
		f.Linkage = btf.GlobalFunc
	}
	proto := &btf.FuncProto{Return: p.ret}
	tagged := false
	for _, a := range p.params {
		proto.Params = append(proto.Params, btf.FuncParam{Name: "a", Type: a.typ})
		f.ParamTags = append(f.ParamTags, a.tags)
		tagged = tagged || len(a.tags) > 0
	}
	if !tagged {
		f.ParamTags = nil
	}
	f.Type = proto
	return f
}

// suits reports whether there is something for each parameter.
func (m *maker) suits(p *prototype) bool {
	for i := range p.params {
		if has := p.params[i].has; has != nil && !has(m) {
			return false
		}
	}
	return true
}

func (m *maker) passNumber(r uint8) { m.copyTo(r, number, small) }

func (m *maker) passContext(r uint8) { m.copyTo(r, ctx) }

// passMemory makes a register point to memory of 16 bytes, mostly.
func (m *maker) passMemory(r uint8) {
	switch m.IntN(5) {
	case 0:
		m.copyTo(r, value, packet, record, maybe, slot)
	case 1:
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, 0)
	default:
		m.stackAddress(r, -int32(8*(2+m.IntN(4))))
	}
}

// passAnything passes whatever there is.
func (m *maker) passAnything(r uint8) {
	m.copyTo(r, number, object, objectMaybe, walked, value, slot, ctx)
}

func (m *maker) copyTo(r uint8, kinds ...kind) {
	if from := m.pick(kinds...); from != r {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, from, 0, 0)
	}
}
