package absint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// target is the function or tracepoint of the kernel that a typed program is
// attached to. Its arguments are the program's context.
type target struct {
	id    btf.ID
	name  string // as messages call it
	proto btf.ID
	skip  int  // parameters that programs do not see
	trust bool // pointers among the arguments are trusted
	args  []linux.TypedArg
	refs  [maxTargetArgs]uint32 // what arguments hold from the start, by index
}

// targetRule says under which name the target of a kind of program stands in
// the kernel's BTF, and what is demanded of it.
type targetRule struct {
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	prefix string
	kind   btf.Kind
	check  func(*machine, *target) bool
}

var targetRules = []targetRule{
	{ebpf.Tracing, ebpf.AttachTraceRawTp, "btf_trace_", btf.KindTypedef, (*machine).attachTracepoint},
	{ebpf.Tracing, ebpf.AttachTraceIter, "bpf_iter_", btf.KindFunc, (*machine).attachIterator},
	{ebpf.Tracing, ebpf.AttachTraceFEntry, "", btf.KindFunc, (*machine).attachFunction},
	{ebpf.Tracing, ebpf.AttachTraceFExit, "", btf.KindFunc, (*machine).attachFunction},
	{ebpf.Tracing, ebpf.AttachModifyReturn, "", btf.KindFunc, (*machine).attachFunction},
	{ebpf.Tracing, attachTraceSession, "", btf.KindFunc, (*machine).attachFunction},
	{ebpf.LSM, ebpf.AttachLSMMac, "bpf_lsm_", btf.KindFunc, (*machine).attachLSM},
	{ebpf.LSM, ebpf.AttachLSMCgroup, "bpf_lsm_", btf.KindFunc, (*machine).attachLSM},
}

// attachTraceSession is BPF_TRACE_FSESSION of Linux 7.1.
const attachTraceSession = ebpf.AttachType(58)

// attach finds what a typed program is attached to and checks that it may be.
// The context of other programs does not depend on that.
func (m *machine) attach() bool {
	p := m.prog
	sleeps := m.programSleeps()
	switch p.Type {
	case ebpf.Tracing, ebpf.LSM, ebpf.Extension:
	case linux.ProgGtrace:
		if p.Target.Arch != linux.AMD64 {
			m.unsupported(fmt.Sprintf("gtrace on %s", p.Target.Arch))
			return false
		}
		return true
	case ebpf.StructOps:
		return m.attachStructOps()
	case ebpf.Syscall:
		if !sleeps {
			m.fail("EINVAL", "Syscall programs can only be sleepable")
		}
		return sleeps
	default:
		if sleeps && m.hook.Hook == nil {
			m.fail("EINVAL", "%s", m.hook.kernel.NotSleepable())
			return false
		}
		return true
	}
	if sleeps && !m.maySleepAnywhere() {
		m.fail("EINVAL", "%s", m.hook.kernel.NotSleepable())
		return false
	}
	if p.Type == ebpf.Extension && p.Replaces != nil {
		return m.attachReplacement()
	}
	if p.AttachTo == "" || p.Type == ebpf.Extension {
		// A replacement gets its target from the loader, as a file descriptor.
		m.fail("EINVAL", "Tracing programs must provide btf_id")
		return false
	}
	for i := range targetRules {
		if r := &targetRules[i]; r.typ == p.Type && r.attach == p.AttachType {
			return m.findTarget(r) && r.check(m, &m.target)
		}
	}
	m.unsupported("tracing programs for many functions")
	return false
}

// maySleepAnywhere reports whether there are typed programs of this kind that
// sleep.
func (m *machine) maySleepAnywhere() bool {
	switch a := m.prog.AttachType; a {
	case ebpf.AttachTraceRawTp:
		return m.prog.Target.Kernel.Has(linux.TypedSleepableTracepoints)
	case ebpf.AttachLSMCgroup:
		return false
	default:
		return m.prog.Type != ebpf.Extension
	}
}

func (m *machine) findTarget(r *targetRule) bool {
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	t := &m.target
	if t.id, ok = types.Find(r.kind, r.prefix+m.prog.AttachTo); ok {
		t.name = m.prog.AttachTo
		if r.typ == ebpf.LSM || r.attach == ebpf.AttachTraceIter {
			t.name = r.prefix + t.name
		}
		t.proto, ok = types.Proto(t.id)
	}
	if !ok {
		m.err = fmt.Errorf("kernel %s has no %s%s to attach to", m.prog.Target.Kernel, r.prefix, m.prog.AttachTo)
	}
	return ok
}

func (m *machine) attachTracepoint(t *target) bool {
	t.skip, t.trust = 1, m.rules.trust
	t.args = m.hook.kernel.TracepointArgs(t.name)
	if m.programSleeps() && t.name != "sys_enter" && t.name != "sys_exit" {
		m.fail("EINVAL", "Sleepable program cannot attach to non-faultable tracepoint %s", t.name)
		return false
	}
	return true
}

func (m *machine) attachIterator(t *target) bool {
	t.trust = m.rules.trust
	t.args = m.hook.kernel.IteratorArgs(m.prog.AttachTo)
	if t.args == nil || m.hook.Hook == nil {
		m.failErrno("EINVAL")
		return false
	}
	return true
}

func (m *machine) attachLSM(t *target) bool {
	t.trust = m.rules.trust && !m.hook.kernel.Lists(linux.UntrustedLSM, t.name)
	if !m.hasModel(t) {
		return false
	}
	hook := m.hook.kernel.Hook(uint32(m.prog.Type), uint32(m.prog.AttachType), false, m.prog.AttachTo)
	switch {
	case m.prog.AttachType == ebpf.AttachLSMCgroup && !m.prog.Target.Kernel.Has(linux.TypedCgroupLSM):
		m.failErrno("EINVAL")
	case m.programSleeps() && m.hook.Hook == nil:
		m.fail("EINVAL", "%s is not sleepable", t.name)
	case !m.hook.gpl:
		m.fail("EINVAL", "LSM programs must have a GPL compatible license")
	case hook == nil && m.prog.Target.Kernel.Has(linux.TypedDisabledHooks):
		m.fail("EINVAL", "attach_btf_id %d points to disabled hook %s", t.id, t.name)
	case hook == nil:
		m.fail("EINVAL", "attach_btf_id %d points to wrong type name %s", t.id, t.name)
	default:
		return true
	}
	return false
}

// attachFunction checks the target of fentry, fexit and their kin.
func (m *machine) attachFunction(t *target) bool {
	if !m.hasModel(t) {
		return false
	}
	k := m.hook.kernel
	returns := m.prog.AttachType != ebpf.AttachTraceFEntry
	switch {
	case k.Lists(linux.NoSymbol, t.name):
		m.fail("ENOENT", "The address of function %s cannot be found", t.name)
	case m.programSleeps() && !m.maySleepAt(t.name):
		m.fail("EINVAL", "%s is not sleepable", t.name)
	case !m.programSleeps() && m.prog.AttachType == ebpf.AttachModifyReturn && !m.mayModify(t.name):
		m.fail("EINVAL", "%s() is not modifiable", t.name)
	case k.Lists(linux.TracingDenied, t.name) && m.prog.Target.Kernel.Has(linux.TypedDeniedMessages):
		m.fail("EINVAL", "Attaching tracing programs to function '%s' is rejected.", t.name)
	case k.Lists(linux.TracingDenied, t.name):
		m.failErrno("EINVAL")
	case returns && k.Lists(linux.ExitDenied, t.name) && m.prog.Target.Kernel.Has(linux.TypedDeniedSessions):
		m.fail("EINVAL", "Attaching fexit/fsession/fmod_ret to __noreturn function '%s' is rejected.", t.name)
	case returns && k.Lists(linux.ExitDenied, t.name) && m.prog.Target.Kernel.Has(linux.TypedDeniedMessages):
		m.fail("EINVAL", "Attaching fexit/fmod_ret to __noreturn function '%s' is rejected.", t.name)
	case returns && k.Lists(linux.ExitDenied, t.name):
		m.fail("EINVAL", "Attaching fexit/fmod_ret to __noreturn functions is rejected.")
	default:
		return true
	}
	return false
}

// injects reports whether a function can be made to fail, and whether the kernel
// was built for that.
func (m *machine) injects(name string) (injects, built bool) {
	t := m.prog.Target
	if t.Injects != nil {
		return t.Injects(name), true
	}
	on, _ := t.Option("CONFIG_FUNCTION_ERROR_INJECTION")
	return t.Kernel.InjectsErrors(name), on == "y"
}

// maySleepAt reports whether programs at a function may sleep.
func (m *machine) maySleepAt(name string) bool {
	k := m.hook.kernel
	if injects, built := m.injects(name); built {
		return k.SleepsByItself(name) || injects && !k.Lists(linux.NonSleepableInject, name)
	}
	return k.MaySleepAt(name)
}

// mayModify reports whether programs may change the result of a function.
func (m *machine) mayModify(name string) bool {
	injects, built := m.injects(name)
	return built && injects || m.hook.kernel.MayModifyReturn(name)
}

// Limits of functions that programs can be attached to.
const (
	maxTargetArgs = 12
	maxTargetArg  = 16 // bytes
)

// hasModel checks that a trampoline can pass the arguments of a function on.
func (m *machine) hasModel(t *target) bool {
	types := m.views.kernel
	n := types.NumMembers(t.proto)
	if n > maxTargetArgs {
		m.fail("EINVAL", "The function %s has %d arguments. Too many.", t.name, n)
		return false
	}
	ret := types.Elem(t.proto)
	if size, ok := m.sizeByValue(ret); ret != 0 && !ok || types.Kind(types.Resolve(ret)).IsComposite() || size > 16 {
		m.fail("EINVAL", "The function %s return type %s is unsupported.", t.name, m.kindWord(ret))
		return false
	}
	for i := range n {
		arg := types.Param(t.proto, i).Type
		if arg == 0 && i == n-1 {
			m.fail("EINVAL", "The function %s with variable args is unsupported.", t.name)
			return false
		}
		size, ok := m.sizeByValue(arg)
		if !ok || size > maxTargetArg {
			m.fail("EINVAL", "The function %s arg%d type %s is unsupported.", t.name, i, m.kindWord(arg))
			return false
		}
		if size == 0 {
			m.fail("EINVAL", "The function %s has malformed void argument.", t.name)
			return false
		}
	}
	return true
}

// sizeByValue returns the size of a type that can be passed by value.
func (m *machine) sizeByValue(id btf.ID) (uint32, bool) {
	types := m.views.kernel
	switch types.Kind(types.Resolve(id)) {
	case btf.KindVoid:
		return 0, true
	case btf.KindPointer, btf.KindInt, btf.KindEnum, btf.KindEnum64, btf.KindStruct, btf.KindUnion:
		return types.Size(id)
	}
	return 0, false
}

// kindWord is the kernel's word for the kind of a type without its qualifiers.
func (m *machine) kindWord(id btf.ID) string {
	return m.views.kernel.Kind(m.views.kernel.Resolve(id)).String()
}

// attachStructOps finds the member "TYPE:MEMBER" that a program implements.
func (m *machine) attachStructOps() bool {
	if !m.hook.gpl {
		m.fail("EINVAL", "struct ops programs must have a GPL compatible license")
		return false
	}
	name, member, ok := strings.Cut(m.prog.AttachTo, ":")
	if !ok {
		m.failErrno("ENOTSUPP")
		if !m.prog.Target.Kernel.Has(linux.TypedQuietStructOps) {
			m.say("attach_btf_id 0 is not a supported struct")
		}
		return false
	}
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	ops, ok := types.Find(btf.KindStruct, name)
	if !ok {
		m.err = fmt.Errorf("kernel %s has no struct %s to attach to", m.prog.Target.Kernel, name)
		return false
	}
	if _, ok := types.Find(btf.KindStruct, "bpf_struct_ops_"+name); !ok {
		m.fail("ENOTSUPP", "attach_btf_id %d is not a supported struct", ops)
		return false
	}
	for i := range types.NumMembers(ops) {
		f := types.Member(ops, i)
		if f.Name != member {
			continue
		}
		t := &m.target
		t.id, t.name, t.trust = ops, member, m.rules.trust
		if t.proto, ok = types.Proto(f.Type); !ok {
			m.fail("EINVAL", "attach to invalid member %s(@idx %d) of struct %s", member, i, name)
			return false
		}
		if m.hook.Hook == nil {
			m.fail("EINVAL", "attach to unsupported member %s of struct %s", member, name)
			return false
		}
		return m.structOpsArgs(name + "__" + member)
	}
	m.err = fmt.Errorf("kernel %s: struct %s has no member %s", m.prog.Target.Kernel, name, member)
	return false
}

// structOpsArgs reads from the names of a stub's parameters which arguments may
// be null and which hold a reference.
func (m *machine) structOpsArgs(stub string) bool {
	types := m.views.kernel
	fn, ok := types.Find(btf.KindFunc, stub)
	if !ok || !m.rules.trust {
		return true
	}
	proto, _ := types.Proto(fn)
	for i := range types.NumMembers(proto) {
		name := types.Param(proto, i).Name
		switch {
		case strings.HasSuffix(name, "__nullable"):
			m.target.args = append(m.target.args, linux.TypedArg{Index: uint8(i), Kind: linux.ArgNullable})
		case strings.HasSuffix(name, "__ref") && m.prog.Target.Kernel.Has(linux.TypedRefArgs):
			if slices.ContainsFunc(m.prog.Insns, isTailCall) {
				m.fail("EINVAL", "program with __ref argument cannot tail call")
				return false
			}
			m.target.args = append(m.target.args, linux.TypedArg{Index: uint8(i), Kind: linux.ArgRef})
		}
	}
	return true
}
