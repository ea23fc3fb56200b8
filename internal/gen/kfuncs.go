package gen

import (
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

const structOps = ebpf.StructOps

func contextBehind(t ebpf.ProgramType) string { return linux.ContextBehind(uint32(t)) }

// kfuncCall calls a function of the kernel whose arguments are in place. It
// reports false when the kernel has none of the name.
func (m *maker) kfuncCall(name string) bool {
	f := m.world.byName[name]
	if f == nil {
		return false
	}
	m.callKfunc(f)
	return true
}

func (m *maker) callKfunc(f *kfunc) {
	m.emit(cfg.OpCALL, 0, cfg.CallKfunc, 0, f.id)
	m.called()
	if f.void && !m.one(20) {
		m.set(0, none)
	}
}

func (m *maker) structOpsName() string {
	if m.typ != structOps {
		return ""
	}
	name, _, _ := strings.Cut(m.hook.target, ":")
	return name
}

// allowed reports whether programs of the hook may call a kfunc here, or
// whether they try anyway.
func (m *maker) allowed(f *kfunc) bool {
	if f.lost || !f.row.MayCall(m.hook.facts, m.structOpsName()) {
		return m.one(300)
	}
	if f.row.Has(linux.KfuncSleepable) && (!m.sleeps() || m.rcu > 0) {
		return m.one(60)
	}
	return true
}

// permits reports whether there is a kfunc of a name that can be called here.
func (m *maker) permits(name string) bool {
	f := m.world.byName[name]
	return f != nil && m.allowed(f)
}

// unusual are kfuncs that are called by steps of their own, or not at all:
// their arguments are not what they seem, or the call would only be refused.
func unusual(f *kfunc) bool {
	for _, part := range []string{
		"_iter_", "rcu_read", "preempt_", "local_irq", "res_spin", "_obj_", "refcount_acquire", "list_", "rbtree_",
		"bpf_throw", "__bpf_trap", "_cast", "arena_", "xdp_metadata", "crash_kexec", "wq_set_callback", "task_work",
	} {
		if strings.Contains(f.name, part) {
			return true
		}
	}
	return false
}

// randomKfunc returns a kfunc that can be called here; nil when a few tries
// found none.
func (m *maker) randomKfunc(want func(*kfunc) bool) *kfunc {
	for range 12 {
		f := &m.world.kfuncs[m.IntN(len(m.world.kfuncs))]
		if want(f) && m.allowed(f) && m.canPass(f) {
			return f
		}
	}
	return nil
}

// anyKfunc calls some function of the kernel.
func (m *maker) anyKfunc() {
	f := m.randomKfunc(func(f *kfunc) bool {
		return (!unusual(f) || m.one(300)) && f.row.Flags&(linux.KfuncAcquire|linux.KfuncRelease) == 0 || m.one(200)
	})
	if f == nil {
		return
	}
	m.passAll(f)
	m.callKfunc(f)
	m.filled(f)
	switch {
	case f.ret != 0:
		m.keepResult(resultKind(f), f.ret)
		if r, ok := m.objectReg(f.ret, objectMaybe); ok && !m.one(6) {
			m.nullCheck(r)
		}
	case f.memory && f.row.Has(linux.KfuncRetNull):
		m.memoryResult()
	}
}

func resultKind(f *kfunc) kind {
	if f.row.Has(linux.KfuncRetNull) {
		return objectMaybe
	}
	return object
}

// memoryResult uses memory that R0 points to unless it is null.
func (m *maker) memoryResult() {
	m.set(0, maybe)
	if m.one(20) {
		return
	}
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	m.set(0, record)
	m.useValue()
	m.skip(at)
}

// canPass reports whether there is something for each parameter.
func (m *maker) canPass(f *kfunc) bool {
	for i := range f.params {
		switch p := &f.params[i]; p.kind {
		case kparamObject:
			if _, ok := m.objectReg(p.typ, object, walked, objectMaybe); !ok && p.suffix != linux.SuffixNullable && !m.one(40) {
				return false
			}
		case kparamDynptr:
			if p.suffix != linux.SuffixUninit && m.findLive(liveDynptr) == nil && !m.one(60) {
				return false
			}
		case kparamContext:
			if !m.has(ctx) || p.name != linux.ContextTypeName(uint32(m.typ)) && !m.one(60) {
				return false
			}
		case kparamIter, kparamOwn, kparamField, kparamFlag, kparamFunc:
			if !m.one(60) {
				return false
			}
		}
	}
	return true
}

// passAll passes all arguments.
func (m *maker) passAll(f *kfunc) {
	size := int32(8 * m.IntN(4))
	if m.one(12) {
		size = m.imm()
	}
	for i := range f.params {
		p := f.params[i]
		if p.kind == kparamMemory && i+1 < len(f.params) && f.params[i+1].kind == kparamSize {
			p.size = uint32(size)
		}
		m.passParam(uint8(i+1), &p, size)
	}
}

func (m *maker) passParam(r uint8, p *kparam, size int32) {
	if r > 5 {
		return
	}
	if m.one(120) || p.suffix == linux.SuffixNullable && m.one(3) {
		m.constantTo(r, 0)
		return
	}
	switch p.kind {
	case kparamNumber:
		if m.one(3) {
			m.copyTo(r, number, small)
		} else {
			m.constantTo(r, []int32{0, 0, 1, 4, m.imm()}[m.IntN(5)])
		}
	case kparamConst, kparamSize:
		if m.one(20) {
			m.copyTo(r, small)
		} else {
			m.constantTo(r, size)
		}
	case kparamIgnored:
		if !m.one(4) {
			m.constantTo(r, 0)
		}
	case kparamContext:
		m.copyTo(r, ctx)
	case kparamObject:
		m.passObject(r, p.typ)
	case kparamDynptr:
		m.passDynptrFor(r, p)
	case kparamString:
		m.emit(cfg.OpLDIMM64, r, cfg.ConstMapValue, 0, mapText)
		m.emit(0, 0, 0, 0, int32(m.IntN(12)))
	case kparamMap:
		m.loadMap(r, m.anyMap())
	case kparamMemory:
		m.passMemoryOf(r, int32(p.size))
	default:
		m.passMemoryOf(r, 8)
	}
}

// passMemoryOf passes memory of a size.
func (m *maker) passMemoryOf(r uint8, size int32) {
	switch m.IntN(6) {
	case 0:
		m.copyTo(r, record, value, slot, packet)
	case 1:
		m.emit(cfg.OpLDIMM64, r, cfg.ConstMapValue, 0, []int32{mapReadOnly, mapText}[m.IntN(2)])
		m.emit(0, 0, 0, 0, 0)
	default:
		m.stackAddress(r, -min(max((size+7)&^7, 8), 64))
	}
}

// filled takes note of what a call left on the stack.
func (m *maker) filled(f *kfunc) {
	for i := range f.params {
		if p := &f.params[i]; p.kind == kparamDynptr && p.suffix == linux.SuffixUninit {
			m.live = append(m.live, stackObject{liveDynptr, m.lastReserved})
		}
	}
}

// acquire gets an object that has to be given back, uses it and gives it back.
func (m *maker) acquire() {
	f := m.randomKfunc(func(f *kfunc) bool { return f.row.Has(linux.KfuncAcquire) && f.ret != 0 && !unusual(f) })
	if f == nil {
		return
	}
	r, ok := m.saved()
	if !ok {
		return
	}
	m.passAll(f)
	m.callKfunc(f)
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
	m.setObject(r, resultKind(f), f.ret)
	m.holdWhile(r, f.row.Has(linux.KfuncRetNull), func() { m.giveBack(r, f.ret) })
}

// holdWhile uses what a register holds, which may be null, and gives it back.
func (m *maker) holdWhile(r uint8, mayNull bool, giveBack func()) {
	at := -1
	if mayNull && !m.one(80) {
		at = m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
		if m.regs[r] == objectMaybe {
			m.set(r, object)
		}
	}
	before := m.regs
	m.pin(r)
	m.held++
	m.depth++
	if m.depth < 5 {
		m.block(m.IntN(4))
	}
	m.depth--
	m.held--
	m.unpin(r)
	if !m.one(60) {
		giveBack()
	}
	m.set(r, none)
	if at >= 0 {
		if m.one(8) {
			m.leave()
		}
		m.land(at)
		m.forgetChanged(&before)
	}
}

// giveBack releases an object by a kfunc that takes its type, or puts it into a
// map.
func (m *maker) giveBack(r uint8, of btf.ID) {
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
	if f := m.releaser(of); f != nil {
		m.callKfunc(f)
	}
}

// releaser returns the kfunc that takes objects of a type back.
func (m *maker) releaser(of btf.ID) *kfunc {
	for i := range m.world.kfuncs {
		f := &m.world.kfuncs[i]
		if f.row.Has(linux.KfuncRelease) && len(f.params) > 0 && f.params[0].typ == of && f.params[0].kind == kparamObject {
			return f
		}
	}
	return nil
}

func (m *maker) mayRelease(of btf.ID) bool {
	f := m.releaser(of)
	return f != nil && m.allowed(f)
}
