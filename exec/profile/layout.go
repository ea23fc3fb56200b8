package profile

import (
	"fmt"
	"sort"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// program is a program that was loaded, with the counters of its functions.
type program struct {
	*prog.Program
	id    int
	funcs []*function
}

// function is one function and what its counters mean. Every activation of it
// counts in its own slice, by the calls that lead to it.
type function struct {
	program    *program
	name       string
	start, end int // slots
	counters   []counter
	calls      []call
}

type counterKind uint8

const (
	countBlock  counterKind = iota
	countEdge               // of a conditional jump that was not taken
	countAccess             // bytes of the packet
)

// counter is one that an instruction or the block that it begins has.
type counter struct {
	kind counterKind
	slot int
	end  int // countBlock: behind the block
}

// call is a call of a helper or kfunc.
type call struct {
	slot int
	name string
	// mapOp says that it works on a map.
	mapOp bool
	// bytesReg is the register that holds how many bytes of the packet it
	// reads or writes; 0 for none.
	bytesReg int
}

// newProgram divides a program into its functions.
func newProgram(id int, p *prog.Program) *program {
	out := &program{Program: p, id: id}
	for i, f := range p.Funcs {
		end := len(p.Insns)
		if i+1 < len(p.Funcs) {
			end = p.Funcs[i+1].Start
		}
		out.funcs = append(out.funcs, &function{program: out, name: f.Name, start: f.Start, end: end})
	}
	if len(out.funcs) == 0 {
		out.funcs = []*function{{program: out, name: p.Name, end: len(p.Insns)}}
	}
	return out
}

// funcAt returns the function that holds a slot.
func (p *program) funcAt(slot int) *function {
	i := sort.Search(len(p.funcs), func(i int) bool { return p.funcs[i].start > slot })
	return p.funcs[max(i-1, 0)]
}

// addCounter gives a slot a counter. Slots come in ascending order.
func (f *function) addCounter(kind counterKind, slot int) int {
	if kind == countBlock {
		f.endBlock(slot)
	}
	f.counters = append(f.counters, counter{kind: kind, slot: slot, end: f.end})
	return len(f.counters) - 1
}

// endBlock ends the newest block before a slot.
func (f *function) endBlock(slot int) {
	for i := len(f.counters) - 1; i >= 0; i-- {
		if f.counters[i].kind == countBlock {
			f.counters[i].end = slot
			return
		}
	}
}

// addCall notes a call and returns its index.
func (f *function) addCall(slot int) int {
	in := f.program.Insns[slot]
	c := call{slot: slot}
	if in.IsHelperCall() {
		c.name = helperName(f.program.Program, in.Imm)
		c.mapOp, c.bytesReg = mapHelpers[in.Imm], packetHelpers[in.Imm]
	} else {
		c.name = kfuncName(f.program.Program, in.Imm)
	}
	f.calls = append(f.calls, c)
	return len(f.calls) - 1
}

// mapHelpers are the numbers of helpers that look at a map's elements or
// change them (include/uapi/linux/bpf.h).
var mapHelpers = map[int32]bool{
	1: true, 2: true, 3: true, // lookup, update, delete
	87: true, 88: true, 89: true, // push, pop, peek
	107: true, 108: true, 156: true, 157: true, // local storage of sockets and tasks
	145: true, 146: true, 210: true, 211: true, // of inodes and cgroups
	164: true, 195: true, // for_each, lookup on another CPU
}

// packetHelpers give the register that holds how much of the packet a helper
// reads or writes.
var packetHelpers = map[int32]int{
	9: 4, 26: 4, 68: 4, // skb_store_bytes, skb_load_bytes, skb_load_bytes_relative
	189: 4, 190: 4, // xdp_load_bytes, xdp_store_bytes
}

func helperName(p *prog.Program, id int32) string {
	kernel := linux.DefaultTarget()
	if p.Target != nil {
		kernel = p.Target.Kernel
	}
	return linux.For(kernel).HelperName(uint32(id))
}

func kfuncName(p *prog.Program, id int32) string {
	if p.Target != nil {
		if types, err := p.Target.Types(); err == nil && types != nil {
			if typ, err := types.TypeByID(btf.TypeID(id)); err == nil {
				return typ.TypeName()
			}
		}
	}
	return fmt.Sprintf("kfunc#%d", id)
}
