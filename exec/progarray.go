package exec

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// progArray is what a program array knows besides its elements: for which kind
// of program it is, and the direct jumps that follow its elements.
type progArray struct {
	mu    sync.Mutex
	owner *linux.ArrayProgram // of the first program that came; nil before
	jumps []jump
}

// jump is a tail call of a program that is a direct jump.
type jump struct {
	index  uint32
	caller *Program
	code   *atomic.Pointer[vm.Code]
}

// guest is what an array compares of a program.
type guest struct {
	linux.ArrayProgram
	release    linux.Release
	extensions linux.Extensions
}

func newGuest(p *prog.Program) guest {
	if p.Target == nil {
		return guest{ArrayProgram: p.ForArray(), release: linux.DefaultTarget().Recorded()}
	}
	return guest{p.ForArray(), p.Target.Release(), p.Target.Extensions}
}

// admit lets a program come to the array, as a caller or as a member. What does
// not fit is refused with EINVAL, unless arrays are mixed.
func (a *progArray) admit(g guest, calls, mixed bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if mixed {
		return nil
	}
	why := g.release.ArrayAlone(g.ArrayProgram)
	switch {
	case why != "":
	case a.owner == nil:
		a.owner = &g.ArrayProgram
	case calls:
		why = g.release.CallerConflict(*a.owner, g.ArrayProgram, g.extensions)
	default:
		why = g.release.ArrayConflict(*a.owner, g.ArrayProgram)
	}
	if why != "" {
		return fmt.Errorf("%w: %s", errno.EINVAL, why)
	}
	return nil
}

// mayCall reports whether a tail call of one program may lead to another. A call
// of what does not fit falls through.
func (p *Program) mayCall(next *Program) bool {
	return p.guest.release.ArrayConflict(p.guest.ArrayProgram, next.guest.ArrayProgram) == ""
}

// casts reports whether tail calls of the program may convert its context.
func (p *Program) casts() bool {
	return p.guest.extensions&linux.ExtGtrace != 0 && linux.CanCast(p.guest.Type, linux.ProgGtrace)
}

// follow makes a cell that holds what a tail call leads to, now and whenever the
// array is changed.
func (m *Map) follow(index uint32, caller *Program) *atomic.Pointer[vm.Code] {
	a := m.array
	a.mu.Lock()
	defer a.mu.Unlock()
	j := jump{index, caller, new(atomic.Pointer[vm.Code])}
	a.jumps = append(a.jumps, j)
	j.set(m.member(index))
	return j.code
}

// set makes the jump lead to a program, nil for none.
func (j jump) set(p *Program) {
	if p == nil || !j.caller.mayCall(p) {
		j.code.Store(nil)
		return
	}
	j.code.Store(p.code)
}

// member returns the program at an index, nil when there is none.
func (m *Map) member(index uint32) *Program {
	p, _ := m.entry.Map.(*maps.Refs).Object(binary.LittleEndian.AppendUint32(nil, index)).(*Program)
	return p
}

// SetProgram puts a program into a program array. EINVAL is the answer to one
// that does not fit. Programs that call through the array may run meanwhile.
func (m *Map) SetProgram(index uint32, p *Program) error {
	if m.array == nil {
		return fmt.Errorf("map %s cannot hold programs", m.Name())
	}
	if err := m.array.admit(p.guest, false, m.machine.cfg.MixedArrays); err != nil {
		return err
	}
	return m.change(index, func(key []byte) error { return m.set(key, p, ebpf.ProgramArray) })
}

// change changes an element and what jumps to it.
func (m *Map) change(index uint32, do func(key []byte) error) error {
	m.array.mu.Lock()
	defer m.array.mu.Unlock()
	if err := do(binary.LittleEndian.AppendUint32(nil, index)); err != nil {
		return err
	}
	p := m.member(index)
	for _, j := range m.array.jumps {
		if j.index == index {
			j.set(p)
		}
	}
	return nil
}

// admit lets a program come to the program arrays that it calls through.
func (m *Machine) admit(p *Program, used []*Map) error {
	for _, array := range used {
		if array.array == nil {
			continue
		}
		if err := array.array.admit(p.guest, true, m.cfg.MixedArrays); err != nil {
			return fmt.Errorf("program %s: map %s: %w", p.Name(), array.Name(), err)
		}
	}
	return nil
}

// fillProgramArrays puts loaded programs where the objects want them.
func (m *Machine) fillProgramArrays() error {
	for _, array := range m.maps {
		if array.array == nil {
			continue
		}
		for _, kv := range array.Spec().Contents {
			name, _ := kv.Value.(string)
			index, ok := kv.Key.(uint32)
			if p := m.programs[name]; p != nil && ok && array.member(index) != p {
				if err := array.SetProgram(index, p); err != nil {
					return fmt.Errorf("map %s: program %s: %w", array.Name(), name, err)
				}
			}
		}
	}
	return nil
}

// TailCall finds the program that R2, a program array, and R3, an index, name.
func (l *linker) TailCall() vm.TailCall {
	registry, caller := l.machine.registry, l.loaded
	return func(c *vm.CPU) (*vm.Code, error) {
		refs, ok := registry.At(c.R[2]).(*maps.Refs)
		if !ok {
			return nil, fmt.Errorf("R2=%#x is not a program array", c.R[2])
		}
		key := binary.LittleEndian.AppendUint32(nil, uint32(c.R[3]))
		p, ok := refs.Object(key).(*Program)
		if !ok || !caller.mayCall(p) {
			return nil, nil
		}
		if p.guest.Type == linux.ProgGtrace && caller.guest.Type != linux.ProgGtrace {
			return p.code, caller.cast(c)
		}
		return p.code, nil
	}
}

// Jump makes a tail call direct. Calls that convert contexts are not.
func (l *linker) Jump(array uint64, index uint32) *atomic.Pointer[vm.Code] {
	i := slices.IndexFunc(l.maps, func(m *Map) bool { return m.entry.Addr == array })
	if i < 0 || l.maps[i].array == nil || l.loaded.casts() || index >= l.maps[i].entry.Map.Spec().MaxEntries {
		return nil
	}
	return l.maps[i].follow(index, l.loaded)
}
