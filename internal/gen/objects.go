package gen

import (
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// structID returns the kernel's struct of a name, 0 for none.
func (w *World) structID(name string) btf.ID {
	if w == nil || name == "" {
		return 0
	}
	id, _ := w.kernel.Find(btf.KindStruct, name)
	return id
}

// objectReg returns a register with an object of a type, any for 0.
func (m *maker) objectReg(of btf.ID, kinds ...kind) (uint8, bool) {
	first := m.IntN(10)
	for _, k := range kinds {
		for i := range 10 {
			if r := (first + i) % 10; m.regs[r] == k && (of == 0 || m.of[r] == of) {
				return uint8(r), true
			}
		}
	}
	return 0, false
}

// passObjectNamed passes an object of a type, or something else when there is
// none.
func (m *maker) passObjectNamed(r uint8, name string) { m.passObject(r, m.world.structID(name)) }

func (m *maker) hasObjectNamed(name string) bool {
	_, ok := m.objectReg(m.world.structID(name), object)
	return ok
}

func (m *maker) passObject(r uint8, of btf.ID) {
	from, ok := m.objectReg(of, object, objectMaybe, walked)
	if m.one(60) || !ok {
		from, ok = m.objectReg(0, object, walked, objectMaybe)
	}
	switch {
	case ok && !m.one(80):
		if from != r {
			m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, from, 0, 0)
		}
	case m.one(2):
		m.constantTo(r, 0)
	default:
		m.copyTo(r, object, value, ctx, number)
	}
}

// loadArgument loads an argument of a typed program from its context.
func (m *maker) loadArgument() {
	c := m.pick(ctx)
	if m.regs[c] != ctx {
		return
	}
	if m.hook.proto == 0 {
		m.castContext(c)
		return
	}
	types := m.world.kernel
	n := types.NumMembers(m.hook.proto) - m.hook.skip
	if n <= 0 {
		return
	}
	i := m.IntN(n)
	if m.one(60) {
		i = m.IntN(n + 2)
	}
	dst, ok := m.saved()
	if !ok || m.one(4) {
		dst = m.dst()
	}
	m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, dst, c, int16(8*i), 0)
	m.set(dst, number)
	t := types.Resolve(types.Param(m.hook.proto, i+m.hook.skip).Type)
	if types.Kind(t) == btf.KindPointer {
		if t = types.Resolve(types.Elem(t)); types.Kind(t) == btf.KindStruct {
			m.setObject(dst, object, t)
		}
	}
}

// loadField loads a field of the context that there is, mostly.
func (m *maker) loadField() {
	c := m.pick(ctx)
	if m.regs[c] != ctx {
		return
	}
	layout := m.hook.facts.Context()
	for range 16 {
		size := m.size()
		off := int16(width(size) * m.IntN(200/width(size)))
		use, typ := layout.Access(int64(off), uint8(width(size)))
		if use&linux.ContextRead == 0 {
			continue
		}
		dst := m.dst()
		m.emit(cfg.ClassLDX|cfg.ModeMEM|size, dst, c, off, 0)
		m.set(dst, number)
		if typ != linux.CtxScalar {
			m.set(dst, none)
		}
		return
	}
}

// castContext calls bpf_cast_to_kern_ctx.
func (m *maker) castContext(c uint8) {
	if m.one(3) || !m.permits("bpf_cast_to_kern_ctx") || contextBehind(m.typ) == "" && !m.one(60) {
		return
	}
	if c != 1 {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, c, 0, 0)
	}
	if m.kfuncCall("bpf_cast_to_kern_ctx") {
		m.keepResult(object, m.world.structID(contextBehind(m.typ)))
	}
}

// currentTask gets the current task.
func (m *maker) currentTask() {
	if m.mayCall(158) {
		m.helperCall(158)
		m.keepResult(object, m.world.structID("task_struct"))
	}
}

// keepResult copies R0 to a register that survives calls, mostly.
func (m *maker) keepResult(k kind, of btf.ID) {
	m.setObject(0, k, of)
	if r, ok := m.saved(); ok && !m.one(12) {
		m.copyReg(r, 0)
	}
}

// walk follows a pointer in an object.
func (m *maker) walk() {
	src, ok := m.objectReg(0, object, object, walked, objectMaybe)
	if !ok {
		return
	}
	if m.regs[src] == object && m.one(3) {
		if other, ok := m.objectReg(0, walked); ok {
			src = other
		}
	}
	l := m.world.layoutOf(m.of[src])
	fields := l.pointers
	if len(l.telling) > 0 && !m.one(3) {
		fields = l.telling
	}
	if len(fields) == 0 {
		return
	}
	f := fields[m.IntN(len(fields))]
	dst, ok := m.saved()
	if !ok || m.one(3) {
		dst = m.dst()
	}
	m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, dst, src, f.off, 0)
	m.setObject(dst, walked, f.target)
	if m.one(3) {
		m.nullCheck(dst)
	}
}

// readObject loads a number from an object.
func (m *maker) readObject() {
	src, ok := m.objectReg(0, object, walked, objectMaybe)
	if !ok {
		return
	}
	if m.one(2) {
		if other, ok := m.objectReg(0, walked, object); ok {
			src = other
		}
	}
	numbers := m.world.layoutOf(m.of[src]).numbers
	if len(numbers) == 0 {
		return
	}
	f := numbers[m.IntN(len(numbers))]
	mode, off := uint8(cfg.ModeMEM), f.off
	switch {
	case m.one(60):
		off += int16(m.IntN(16)) - 8
	case m.one(30) && f.size != cfg.SizeDW:
		mode = cfg.ModeMEMSX
	}
	dst := m.dst()
	m.emit(cfg.ClassLDX|mode|f.size, dst, src, off, 0)
	m.set(dst, number)
}

func (m *maker) checkNull() {
	kinds := []kind{objectMaybe, walked}
	if m.one(3) {
		kinds = []kind{object, own, record, value}
	}
	r, ok := m.objectReg(0, kinds...)
	if !ok {
		return
	}
	if m.one(4) { // what is behind it is only for programs that know
		at := m.emit(cfg.ClassJMP|[]uint8{cfg.JmpJEQ, cfg.JmpJNE}[m.IntN(2)], r, 0, 0, 0)
		m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, 0, 10, 8, 0)
		m.land(at)
		return
	}
	m.nullCheck(r)
}

// nullCheck makes sure that a pointer is not null, for what follows or for a
// block.
func (m *maker) nullCheck(r uint8) {
	checked := m.regs[r]
	if checked == objectMaybe {
		checked = object
	}
	if m.held == 0 && m.one(2) {
		m.emit(cfg.ClassJMP|cfg.JmpJNE, r, 0, 2, 0)
		m.constantTo(0, m.result())
		m.emit(cfg.OpEXIT, 0, 0, 0, 0)
		m.set(r, checked)
		return
	}
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	m.set(r, checked)
	m.skip(at)
}

// storeObject writes to an object, which is mostly not allowed.
func (m *maker) storeObject() {
	dst, ok := m.objectReg(0, object, walked)
	if !ok || m.regs[dst] == object && m.hook.typ != structOps && !m.one(6) {
		return
	}
	numbers := m.world.layoutOf(m.of[dst]).numbers
	if len(numbers) == 0 {
		return
	}
	f := numbers[m.IntN(len(numbers))]
	m.emit(cfg.ClassSTX|cfg.ModeMEM|f.size, dst, m.pick(number), f.off, 0)
}

// moveObject does arithmetic on a pointer to an object.
func (m *maker) moveObject() {
	src, ok := m.objectReg(0, object, walked, objectMaybe)
	if !ok || m.one(2) {
		return
	}
	dst := m.dst()
	of := m.of[src]
	m.copyReg(dst, src)
	l := m.world.layoutOf(of)
	off := int32(m.IntN(64))
	if len(l.numbers) > 0 {
		off = int32(l.numbers[m.IntN(len(l.numbers))].off)
	}
	switch m.IntN(6) {
	case 0:
		m.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, dst, m.pick(small), 0, 0)
	case 1:
		m.emit(cfg.ClassALU64|cfg.AluSUB, dst, 0, 0, off)
	default:
		m.emit(cfg.ClassALU64|cfg.AluADD, dst, 0, 0, off)
	}
	m.set(dst, number)
	if m.one(2) {
		m.emit(cfg.ClassLDX|cfg.ModeMEM|m.size(), m.dst(), dst, int16(-off), 0)
	}
}

// spillObject writes an object to the stack and perhaps reads it back.
func (m *maker) spillObject() {
	src, ok := m.objectReg(0, object, objectMaybe, walked)
	if !ok {
		return
	}
	off := m.slot(cfg.SizeDW)
	m.emit(cfg.ClassSTX|cfg.ModeMEM|cfg.SizeDW, 10, src, off, 0)
	if m.one(2) {
		m.block(m.IntN(3))
		dst := m.dst()
		m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, dst, 10, off, 0)
		m.setObject(dst, walked, m.of[src])
	}
}
