package oracle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/prog"
)

// attachPoint is what a program is bound to when it is loaded.
type attachPoint struct {
	id         uint32 // of the target in the kernel's BTF
	attachType uint32
}

var errNoTarget = errors.New("no such target")

// targetRule says under which name the target of a kind of program stands in
// the kernel's BTF.
type targetRule struct {
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	prefix string
	kind   btf.Type
}

var targetRules = []targetRule{
	{ebpf.Tracing, ebpf.AttachTraceRawTp, "btf_trace_", (*btf.Typedef)(nil)},
	{ebpf.Tracing, ebpf.AttachTraceFEntry, "", (*btf.Func)(nil)},
	{ebpf.Tracing, ebpf.AttachTraceFExit, "", (*btf.Func)(nil)},
	{ebpf.Tracing, ebpf.AttachModifyReturn, "", (*btf.Func)(nil)},
	{ebpf.Tracing, ebpf.AttachTraceIter, "bpf_iter_", (*btf.Func)(nil)},
	{ebpf.LSM, ebpf.AttachLSMMac, "bpf_lsm_", (*btf.Func)(nil)},
	{ebpf.LSM, ebpf.AttachLSMCgroup, "bpf_lsm_", (*btf.Func)(nil)},
}

// attachPoint finds what the program asks to be bound to.
func (k *Kernel) attachPoint(p *prog.Program) (attachPoint, error) {
	point := attachPoint{attachType: uint32(p.AttachType)}
	if p.AttachTo == "" {
		return point, nil
	}
	if p.Type == ebpf.StructOps {
		return k.structOpsMember(p.AttachTo)
	}
	at := slices.IndexFunc(targetRules, func(r targetRule) bool { return r.typ == p.Type && r.attach == p.AttachType })
	if at < 0 {
		return point, nil
	}
	rule := targetRules[at]
	_, id, err := k.lookup(rule.prefix+p.AttachTo, rule.kind)
	point.id = id
	return point, err
}

// Attach returns what a RawProgram has to name so that it is bound as p is. For a
// member of a struct_ops that is the type and the number of the member.
func (k *Kernel) Attach(p *prog.Program) (id uint32, attach ebpf.AttachType, err error) {
	point, err := k.attachPoint(p)
	return point.id, ebpf.AttachType(point.attachType), err
}

// structOpsMember finds "type:member"; the member's index takes the place of the
// attach type.
func (k *Kernel) structOpsMember(target string) (attachPoint, error) {
	name, member, _ := strings.Cut(target, ":")
	typ, id, err := k.lookup(name, (*btf.Struct)(nil))
	if err != nil {
		return attachPoint{}, err
	}
	ops := typ.(*btf.Struct)
	index := slices.IndexFunc(ops.Members, func(m btf.Member) bool { return m.Name == member })
	if index < 0 {
		return attachPoint{}, fmt.Errorf("%w: struct %s has no member %q", errNoTarget, name, member)
	}
	return attachPoint{id: id, attachType: uint32(index)}, nil
}

// lookup returns the first type of the kernel's BTF with a name and the kind of
// want, as libbpf does where names are not unique.
func (k *Kernel) lookup(name string, want btf.Type) (btf.Type, uint32, error) {
	types, err := k.Types()
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errNoTarget, err)
	}
	candidates, err := types.AnyTypesByName(name)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %s: %w", errNoTarget, name, err)
	}
	var found btf.Type
	var first btf.TypeID
	for _, typ := range candidates {
		id, err := types.TypeID(typ)
		if err == nil && sameKind(typ, want) && (found == nil || id < first) {
			found, first = typ, id
		}
	}
	if found == nil {
		return nil, 0, fmt.Errorf("%w: %s is not a %T", errNoTarget, name, want)
	}
	return found, uint32(first), nil
}

func sameKind(typ, want btf.Type) bool {
	return fmt.Sprintf("%T", typ) == fmt.Sprintf("%T", want)
}
