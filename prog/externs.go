package prog

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// poisonedKfunc is the helper number that stands for a weak kfunc which the
// target lacks, as cilium/ebpf leaves it.
const poisonedKfunc = 0xdedc0de

// unknownAddress stands for the address of a kernel symbol without a type: the
// start of the kernel's text on x86-64. Its value decides nothing but whether
// it is zero.
const unknownAddress = 0xffffffff81000000

func (l *linker) resolveExtern(ins *asm.Instruction, slot int, ext *Extern) error {
	switch ext.Kind {
	case ExternKconfig:
		return l.resolveConfig(ins, ext)
	case ExternKfunc:
		return l.resolveKfunc(ins, slot, ext)
	default:
		return l.resolveKsym(ins, slot, ext)
	}
}

func (l *linker) resolveKfunc(ins *asm.Instruction, slot int, ext *Extern) error {
	types, err := l.target.needTypes("kfunc " + ext.Name)
	if err != nil {
		return err
	}
	var fn *btf.Func
	if err := types.TypeByName(ext.Name, &fn); err != nil {
		return l.missing(ins, slot, ext, err)
	}
	if local, ok := ext.Type.(*btf.Func); ok {
		if err := btf.CheckTypeCompatibility(local.Type, fn.Type); err != nil {
			return fmt.Errorf("kfunc %s is not declared as in kernel %s: %w", ext.Name, l.target.Kernel, err)
		}
	}
	return setID(ins, types, fn)
}

// resolveKsym resolves a variable: to its BTF ID when it is declared with a
// type, else to an address.
func (l *linker) resolveKsym(ins *asm.Instruction, slot int, ext *Extern) error {
	if ext.Type == nil {
		address := uint64(unknownAddress)
		l.note(NoteUnresolved, slot, "the address of kernel symbol %s is not known: %#x assumed", ext.Name, address)
		ins.Constant = int64(address)
		return nil
	}
	types, err := l.target.needTypes("kernel variable " + ext.Name)
	if err != nil {
		return err
	}
	var v *btf.Var
	if err := types.TypeByName(ext.Name, &v); err != nil {
		return l.missing(ins, slot, ext, err)
	}
	return setID(ins, types, v)
}

// setID makes a call or a 64-bit constant refer to a type of the kernel.
func setID(ins *asm.Instruction, types *btf.Spec, typ btf.Type) error {
	id, err := types.TypeID(typ)
	if err != nil {
		return err
	}
	ins.Constant = int64(id)
	ins.Offset = 0
	if ins.OpCode.IsDWordLoad() {
		ins.Src = cfg.ConstBTFID
	}
	return nil
}

// missing handles a symbol that the target does not have: a weak one is
// poisoned or zero.
func (l *linker) missing(ins *asm.Instruction, slot int, ext *Extern, err error) error {
	if !errors.Is(err, btf.ErrNotFound) {
		return fmt.Errorf("kernel symbol %s: %w", ext.Name, err)
	}
	if !ext.Weak {
		return fmt.Errorf("kernel %s has no %s", l.target.Kernel, ext.Name)
	}
	l.note(NoteMissingFunc, slot, "kernel %s has no %s, which the program declares weak", l.target.Kernel, ext.Name)
	ins.Src = 0
	ins.Constant = 0
	if !ins.OpCode.IsDWordLoad() {
		ins.Constant = poisonedKfunc
	}
	return nil
}

// replacedHelpers are helpers for which loaders use an older one on kernels
// before 5.5.
var replacedHelpers = map[asm.BuiltinFunc]asm.BuiltinFunc{
	asm.FnProbeReadKernel:    asm.FnProbeRead,
	asm.FnProbeReadUser:      asm.FnProbeRead,
	asm.FnProbeReadKernelStr: asm.FnProbeReadStr,
	asm.FnProbeReadUserStr:   asm.FnProbeReadStr,
}

var replacedUntil = linux.Version{Major: 5, Minor: 5}

func (l *linker) replaceHelper(ins *asm.Instruction, slot int) {
	if !ins.IsBuiltinCall() || l.target.Kernel.AtLeast(replacedUntil) {
		return
	}
	if old, ok := replacedHelpers[asm.BuiltinFunc(ins.Constant)]; ok {
		l.note(NoteHelper, slot, "kernel %s has no %s: %s called instead", l.target.Kernel, asm.BuiltinFunc(ins.Constant), old)
		ins.Constant = int64(old)
	}
}
