package gen

import (
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
)

// castTargets are structs that pointers are cast to.
var castTargets = []string{"task_struct", "sock", "sk_buff", "file", "cgroup", "mm_struct", "net_device", "tcp_sock", "pair", "inode"}

// cast calls bpf_rdonly_cast.
func (m *maker) cast() {
	if !m.permits("bpf_rdonly_cast") {
		return
	}
	id := m.world.structID(castTargets[m.IntN(len(castTargets))])
	if m.one(40) {
		id = btf.ID(m.IntN(200))
	}
	m.passAnything(1)
	m.constantTo(2, int32(id))
	if m.one(30) {
		m.copyTo(2, number)
	}
	if m.kfuncCall("bpf_rdonly_cast") {
		m.keepResult(walked, id)
	}
}

// probeObject reads an object with a helper.
func (m *maker) probeObject() {
	src, ok := m.objectReg(0, walked, object, objectMaybe)
	if !ok {
		return
	}
	if src != 3 {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 3, src, 0, 0)
	}
	m.stackAddress(1, -int32(8*(1+m.IntN(5))))
	m.constantTo(2, int32(8*m.IntN(3)))
	m.helperCall(113)
}

// variable uses a per-CPU variable of the kernel.
func (m *maker) variable() {
	vars := m.world.vars
	if len(vars) == 0 || !m.one(40) {
		return
	}
	id := vars[m.IntN(len(vars))]
	m.emit(cfg.OpLDIMM64, 1, cfg.ConstBTFID, 0, int32(id))
	m.emit(0, 0, 0, 0, 0)
	m.set(1, none)
	if m.one(4) {
		m.emit(cfg.ClassLDX|cfg.ModeMEM|m.size(), m.dst(), 1, int16(8*m.IntN(3)), 0)
		return
	}
	t := m.world.kernel.Resolve(m.world.kernel.Elem(id))
	kind, of := slot, btf.ID(0)
	if m.world.kernel.Kind(t) == btf.KindStruct {
		kind, of = object, t
	}
	if m.one(2) {
		m.helperCall(154)
		m.keepResult(kind, of)
		return
	}
	m.constantTo(2, int32(m.IntN(2)))
	m.helperCall(153)
	m.keepResult(maybe, of)
	if kind == object {
		m.setObject(0, objectMaybe, of)
	}
	if r, ok := m.objectReg(of, objectMaybe); ok {
		m.nullCheck(r)
	}
}

// storages are the helpers that keep data with objects.
var storages = []struct {
	get    uint32
	index  int32
	object string
}{
	{156, mapTasks, "task_struct"}, {107, mapSockets, "sock"}, {210, mapGroups, "cgroup"}, {145, mapInodes, "inode"},
}

// storage gets what is kept with an object.
func (m *maker) storage() {
	row := storages[m.IntN(len(storages))]
	of := m.world.structID(row.object)
	if _, ok := m.objectReg(of, object, walked); !ok && !m.one(20) || !m.mayCall(row.get) {
		return
	}
	m.loadMap(1, row.index)
	m.passObject(2, of)
	m.constantTo(3, 0)
	if m.one(3) {
		m.stackAddress(3, -32)
	}
	m.constantTo(4, int32(m.IntN(2)))
	if m.one(8) {
		m.helperCall(int32(row.get) + 1)
		return
	}
	m.helperCall(int32(row.get))
	m.keepResult(maybe, 0)
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	m.set(0, record)
	m.useValue()
	m.skip(at)
}
