package gen

import (
	"math/rand/v2"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Func is a function of a generated program.
type Func struct {
	Start int
	Type  int // index of prototypes
}

// prototypes are the types that functions have: the program itself, functions
// that are followed or called back, and functions that are verified alone.
var prototypes = []struct {
	name   string
	params []btf.Type
	tags   [][]string
	global bool
}{
	{"prog", []btf.Type{pointerTo(&btf.Void{})}, [][]string{{"arg:ctx"}}, true},
	{"followed", []btf.Type{word, word, word, word, word}, nil, false},
	{"number", []btf.Type{word}, nil, true},
	{"context", []btf.Type{pointerTo(&btf.Void{})}, [][]string{{"arg:ctx"}}, true},
	{"memory", []btf.Type{pointerTo(pair), word}, nil, true},
	{"filled", []btf.Type{word, pointerTo(word)}, [][]string{nil, {"arg:nonnull"}}, true},
}

const (
	typeFollowed = 1
	typeNumber   = 2
	typeContext  = 3
	typeMemory   = 4
	typeFilled   = 5
)

var (
	word = &btf.Int{Name: "unsigned long long", Size: 8}
	pair = &btf.Struct{Name: "pair", Size: 16, Members: []btf.Member{
		{Name: "a", Type: word}, {Name: "b", Type: word, Offset: 64},
	}}
)

func pointerTo(t btf.Type) btf.Type { return &btf.Pointer{Target: t} }

// AddTypes gives the functions of p their types.
func (g Program) AddTypes(p *prog.Program) error {
	if len(g.Funcs) == 0 {
		return nil
	}
	var builder btf.Builder
	ids := make([]btf.TypeID, len(prototypes))
	for i, row := range prototypes {
		f := &btf.Func{Name: row.name, Linkage: btf.StaticFunc, ParamTags: row.tags}
		if row.global {
			f.Linkage = btf.GlobalFunc
		}
		proto := &btf.FuncProto{Return: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}}
		for _, t := range row.params {
			proto.Params = append(proto.Params, btf.FuncParam{Name: "a", Type: t})
		}
		f.Type = proto
		var err error
		if ids[i], err = builder.Add(f); err != nil {
			return err
		}
	}
	types, err := builder.Spec()
	if err != nil {
		return err
	}
	p.Types, p.ExtInfo = types, true
	p.Funcs = p.Funcs[:0]
	for _, f := range g.Funcs {
		t, err := types.TypeByID(ids[f.Type])
		if err != nil {
			return err
		}
		p.Funcs = append(p.Funcs, prog.Func{Name: prototypes[f.Type].name, Start: f.Start, Type: t.(*btf.Func)})
	}
	return nil
}

// wanted is a function that is called before it was made.
type wanted struct {
	site int // the call, or the load of the address
	typ  int
	regs [cfg.NumRegs]kind // what it gets
}

// MakeFuncs returns a random program that calls functions which are verified
// alone, and helpers that call functions back.
func MakeFuncs(seed uint64) Program {
	r := rand.New(rand.NewPCG(seed, seed^0x2545f4914f6cdd1d))
	m := &maker{Rand: r, typ: Types[r.IntN(len(Types))], caps: linux.CapAll, calls: true}
	p := Program{Type: m.typ, Funcs: []Func{{}}}
	m.regs[1], m.regs[10] = ctx, frame
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 6, 1, 0, 0)
	m.regs[6] = ctx
	m.finish(3 + r.IntN(10))
	for n := 0; n < len(m.wants) && n < 6; n++ {
		w := m.wants[n]
		sub := &maker{Rand: r, typ: m.typ, caps: m.caps, regs: w.regs, calls: n < 3}
		sub.regs[10] = frame
		sub.finish(1 + r.IntN(8))
		start := len(m.insns)
		m.insns[w.site].Imm = int32(start - w.site - 1)
		for i := range sub.wants {
			sub.wants[i].site += start
		}
		m.insns, m.wants = append(m.insns, sub.insns...), append(m.wants, sub.wants...)
		p.Funcs = append(p.Funcs, Func{Start: start, Type: w.typ})
	}
	if len(m.wants) > 6 {
		last := p.Funcs[len(p.Funcs)-1].Start
		for _, w := range m.wants[6:] {
			m.insns[w.site].Imm = int32(last - w.site - 1)
		}
	}
	p.Insns = m.insns
	return p
}

// finish makes the body of a function.
func (m *maker) finish(n int) {
	for _, r := range []uint8{0, 7, 8, 9} {
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, m.imm())
		m.regs[r] = number
	}
	for range n {
		if m.calls && m.one(3) {
			m.callTyped()
			continue
		}
		m.block(1)
	}
	m.emit(cfg.ClassALU64|cfg.AluMOV, 0, 0, 0, int32(m.IntN(2)))
	m.emit(cfg.OpEXIT, 0, 0, 0, 0)
}

// callTyped calls a function of the program, or a helper that does.
func (m *maker) callTyped() {
	w := wanted{typ: typeFollowed}
	switch m.IntN(6) {
	case 0:
		m.callLoop(&w)
		return
	case 1:
		m.callEach(&w)
		return
	case 2:
		w.typ, w.regs[1] = typeNumber, number
		m.copyTo(1, number, small)
	case 3:
		w.typ, w.regs[1] = typeContext, ctx
		m.copyTo(1, ctx)
	case 4:
		w.typ, w.regs[1], w.regs[2] = typeMemory, maybe, number
		m.memoryTo(1)
		m.copyTo(2, number, small)
	case 5:
		w.typ, w.regs[1], w.regs[2] = typeFilled, number, value
		m.memoryTo(2)
		m.copyTo(1, number, small)
	}
	w.site = m.emit(cfg.OpCALL, 0, cfg.CallLocal, 0, 0)
	m.wants = append(m.wants, w)
	m.called()
}

func (m *maker) copyTo(r uint8, kinds ...kind) {
	if from := m.pick(kinds...); from != r {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, from, 0, 0)
	}
}

// memoryTo makes a register point to memory of 16 bytes, mostly.
func (m *maker) memoryTo(r uint8) {
	switch m.IntN(5) {
	case 0:
		m.copyTo(r, value, packet, record, maybe)
	case 1:
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, 0)
	default:
		m.stackAddress(r, -int32(8*(1+m.IntN(5))))
	}
}

func (m *maker) address(r uint8, w *wanted) {
	w.site = m.emit(cfg.OpLDIMM64, r, cfg.ConstFunc, 0, 0)
	m.emit(0, 0, 0, 0, 0)
	m.wants = append(m.wants, *w)
}

func (m *maker) context3() {
	if m.one(4) {
		m.emit(cfg.ClassALU64|cfg.AluMOV, 3, 0, 0, 0)
		return
	}
	m.stackAddress(3, -int32(8*(1+m.IntN(5))))
}

// callLoop calls bpf_loop.
func (m *maker) callLoop(w *wanted) {
	if m.one(3) {
		m.copyTo(1, number, small)
	} else {
		m.emit(cfg.ClassALU64|cfg.AluMOV, 1, 0, 0, int32(m.IntN(6)))
	}
	w.regs[1], w.regs[2] = number, local
	m.address(2, w)
	m.context3()
	m.emit(cfg.ClassALU64|cfg.AluMOV, 4, 0, 0, int32(m.IntN(12)/11))
	m.emit(cfg.OpCALL, 0, 0, 0, 181)
	m.called()
}

// callEach calls bpf_for_each_map_elem.
func (m *maker) callEach(w *wanted) {
	m.loadMap(1, []int32{mapArray, mapHash, mapPercpu, mapArray, mapHash, mapHash, mapArray, mapRingbuf}[m.IntN(8)])
	w.regs[3], w.regs[4] = value, local
	m.address(2, w)
	m.context3()
	m.emit(cfg.ClassALU64|cfg.AluMOV, 4, 0, 0, 0)
	m.emit(cfg.OpCALL, 0, 0, 0, 164)
	m.called()
}
