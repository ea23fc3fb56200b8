package prog

import (
	"encoding/binary"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
)

// FromSlots makes a program of bare slots, as a test or a generator has them:
// no types, no lines, licence GPL. Map loads have an index into maps as their
// immediate. The slots are taken as they are, and not copied; other fields of
// the result may be set before it is used.
func FromSlots(t *Target, typ ebpf.ProgramType, insns []cfg.Insn, maps ...*ebpf.MapSpec) *Program {
	p := &Program{Name: "prog", License: "GPL", Type: typ, Insns: insns, Target: t, order: binary.LittleEndian}
	for _, spec := range maps {
		m, _ := completeMap(spec.Name, spec, mapUser{cpus: t.cpus()})
		p.Maps = append(p.Maps, m)
	}
	p.Funcs = findFuncs(insns, map[int]Func{0: {Name: p.Name}})
	return p
}

// SetTypes gives a bare program a BTF and func_info; local are the types whose IDs
// are constants in Insns. The types of its functions are to be set as well.
func (p *Program) SetTypes(types *btf.Spec, local []btf.Type) {
	p.Types, p.ExtInfo, p.local = types, true, local
}

// FromInstructions makes a program of a stream of instructions, whose symbols
// and references are resolved; maps are named by reference. Its licence is GPL.
func FromInstructions(t *Target, typ ebpf.ProgramType, insns asm.Instructions, maps ...*ebpf.MapSpec) (*Program, error) {
	const name = "prog"
	spec := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{name: {Name: name, Type: typ, License: "GPL", Instructions: insns}},
		Maps:     make(map[string]*ebpf.MapSpec),
	}
	for _, m := range maps {
		spec.Maps[m.Name] = m
	}
	return Link(spec, name, t)
}
