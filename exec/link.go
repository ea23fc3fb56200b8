package exec

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/kfunc"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// linker tells a program's instructions what they refer to.
type linker struct {
	machine *Machine
	program *prog.Program
	loaded  *Program // what becomes of it
	maps    []*Map   // by index of the program
}

func (l *linker) Helper(id int32) (vm.Func, error) {
	kernel := linux.DefaultTarget()
	if t := l.program.Target; t != nil {
		kernel = t.Kernel
	}
	name := linux.For(kernel).HelperName(uint32(id))
	return l.replaced(name, helper.Lookup(id, name)), nil
}

func (l *linker) Kfunc(id int32, _ int16) (vm.Func, error) {
	name := l.kfuncName(id)
	return l.replaced(name, kfunc.Lookup(name, kfunc.Caller{
		Types:          l.program.Types,
		ReadOnlyPacket: hook.ReadOnlyPacket(l.program.Type),
	})), nil
}

// replaced asks the machine's user what a function does.
func (l *linker) replaced(name string, f vm.Func) vm.Func {
	if replace := l.machine.cfg.Helper; replace != nil {
		return replace(name, f)
	}
	return f
}

// kfuncName finds a kfunc's name, its number when the types are not known.
func (l *linker) kfuncName(id int32) string {
	if l.program.Target != nil {
		if types, err := l.program.Target.Types(); err == nil && types != nil {
			if typ, err := types.TypeByID(btf.TypeID(id)); err == nil {
				return typ.TypeName()
			}
		}
	}
	return fmt.Sprintf("#%d", id)
}

// cast returns how pointers into the program's arena are cast, nil when it has
// none.
func (l *linker) cast() func(v uint64, user bool) uint64 {
	for _, m := range l.maps {
		if arena, ok := m.entry.Map.(*maps.Arena); ok {
			return func(v uint64, user bool) uint64 {
				if user {
					return arena.User(v)
				}
				return arena.Kernel(v)
			}
		}
	}
	return nil
}

// variable returns the address of a kernel variable.
func (l *linker) variable(id btf.TypeID) uint64 {
	if l.program.Target != nil {
		if types, err := l.program.Target.Types(); err == nil && types != nil {
			if t, err := types.TypeByID(id); err == nil {
				return l.machine.objects.variable(id, t, l.machine.CPUs())
			}
		}
	}
	return helper.KernelObject
}

// hasTypedPointers reports whether a program may follow pointers to the
// kernel's objects, whose loads give 0 instead of a fault.
func hasTypedPointers(p *prog.Program) bool {
	const currentTaskBTF = 158
	switch p.Type {
	case ebpf.Tracing, ebpf.LSM, ebpf.StructOps, ebpf.Netfilter:
		return true
	}
	for _, f := range p.Funcs {
		if takesTypedPointer(f.Type) {
			return true
		}
	}
	for _, in := range p.Insns {
		if in.Op == cfg.OpCALL && (in.Src() == cfg.CallKfunc || in.Src() == cfg.CallHelper && in.Imm == currentTaskBTF) {
			return true
		}
	}
	return false
}

// takesTypedPointer reports whether a tag of a function says that an argument is
// a pointer to an object of the kernel.
func takesTypedPointer(f *btf.Func) bool {
	if f == nil {
		return false
	}
	for _, tags := range f.ParamTags {
		if slices.Contains(tags, "arg:untrusted") || slices.Contains(tags, "arg:trusted") {
			return true
		}
	}
	return false
}

// Const gives map loads the address of the map or of its first value.
func (l *linker) Const(src uint8, lo, hi int32) (uint64, error) {
	switch src {
	case cfg.ConstMap, cfg.ConstMapValue:
	case cfg.ConstBTFID:
		return l.variable(btf.TypeID(uint32(lo))), nil
	default:
		return 0, fmt.Errorf("unsupported: 64-bit constant of kind %d", src)
	}
	if lo < 0 || int(lo) >= len(l.maps) {
		return 0, fmt.Errorf("there is no map %d", lo)
	}
	m := l.maps[lo]
	if src == cfg.ConstMap {
		return m.entry.Addr, nil
	}
	base, ok := m.entry.Map.(interface{ Base() uint64 })
	if !ok {
		return 0, fmt.Errorf("the values of map %s have no fixed address", m.Name())
	}
	return base.Base() + uint64(uint32(hi)), nil
}

// Offsets from which classic BPF counts from a header instead of the packet.
const (
	fromNetwork  = -0x100000
	fromEthernet = -0x200000
)

// LegacyLoad reads from the packet in network order.
func (l *linker) LegacyLoad(c *vm.CPU, off int64, size int) (uint64, bool) {
	p := c.Env.(*helper.Env).Hook.Packet()
	if p == nil {
		return 0, false
	}
	var b []byte
	switch off = int64(int32(off)); {
	case off >= 0:
		b = p.At(uint64(off), uint64(size))
	case off >= fromNetwork:
		b = p.From(1, uint64(off-fromNetwork), uint64(size))
	case off >= fromEthernet:
		b = p.From(0, uint64(off-fromEthernet), uint64(size))
	}
	var v uint64
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v, b != nil
}
