package load

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

const textName = ".text"

// makePrograms makes a program of each function outside of .text, which has the
// functions that programs share. An object with nothing but .text has its
// programs there: those functions that no other one calls.
func (o *object) makePrograms() error {
	byLabel := make(map[string]*function)
	alone := true
	for _, s := range o.sections {
		for _, fn := range s.funcs {
			byLabel[fn.label] = fn
			alone = alone && s.Name == textName
		}
	}
	for _, s := range o.sections {
		for _, fn := range s.funcs {
			if s.Name == textName && !(alone && fn.global && !fn.called) {
				continue
			}
			if err := o.addProgram(s, fn, byLabel); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *object) addProgram(s *section, fn *function, byLabel map[string]*function) error {
	insns, err := o.join(fn, byLabel)
	if err != nil {
		return s.errorf(fn.offset, "program %s: %w", fn.label, err)
	}
	ps := &ebpf.ProgramSpec{
		Name:        fn.name,
		SectionName: s.Name,
		License:     o.license, KernelVersion: o.version,
		Instructions: insns,
		ByteOrder:    o.order(),
	}
	typeOfSection(ps, s.Name)
	if ps.Type == ebpf.StructOps {
		ps.AttachTo = o.members[fn.name]
	}
	o.spec.Programs[fn.label] = ps
	o.addTailCall(s.Name, fn.label)
	return nil
}

// join appends to a function's code that of all functions it reaches: the
// directly called ones first, in the order of their names.
func (o *object) join(fn *function, byLabel map[string]*function) (asm.Instructions, error) {
	if err := o.budget.spendSlots(len(fn.insns)); err != nil {
		return nil, err
	}
	insns := slices.Clone(fn.insns)
	joined := map[string]bool{fn.label: true}
	queue := fn.insns.FunctionReferences()
	for len(queue) > 0 {
		label := queue[0]
		queue = queue[1:]
		callee := byLabel[label]
		if callee == nil || joined[label] {
			continue
		}
		joined[label] = true
		if err := o.budget.spendSlots(len(callee.insns)); err != nil {
			return nil, err
		}
		insns = append(insns, callee.insns...)
		queue = append(queue, callee.insns.FunctionReferences()...)
	}
	return insns, nil
}

// tailCall is the name of a section whose program iproute2 puts into a map:
// the map's id, a slash and the index.
var tailCall = regexp.MustCompile(`^(\d+)/(\d+)$`)

func (o *object) addTailCall(section, program string) {
	match := tailCall.FindStringSubmatch(section)
	if match == nil {
		return
	}
	id, err1 := strconv.ParseUint(match[1], 10, 32)
	index, err2 := strconv.ParseUint(match[2], 10, 32)
	m := o.byID[uint32(id)]
	if err1 == nil && err2 == nil && m != nil && m.Type == ebpf.ProgramArray {
		m.Contents = append(m.Contents, ebpf.MapKV{Key: uint32(index), Value: program})
	}
}
