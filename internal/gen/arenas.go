package gen

import "github.com/bpflint/bpflint/cfg"

// Casts between the address spaces of the kernel and of the process.
const (
	castKernel = 1
	castUser   = 1 << 16
)

// arena uses memory that the program shares with its process.
func (m *maker) arena() {
	r, ok := m.saved()
	if !ok {
		return
	}
	m.arenaPointer(r)
	for range 1 + m.IntN(4) {
		m.useArena()
	}
	if m.one(3) {
		m.freePages(r)
	}
}

// arenaPointer makes a register point into the arena: to pages that it gets, or
// to wherever a number says.
func (m *maker) arenaPointer(r uint8) {
	pages := int32(mapPages)
	if m.one(60) {
		pages = m.anyMap()
	}
	m.loadMap(1, pages)
	if m.one(3) || !m.permits("bpf_arena_alloc_pages") {
		m.castArena(r, m.pick(number, small))
		return
	}
	m.constantTo(2, 0)
	if _, ok := m.objectReg(0, arenaMemory); ok && m.one(3) {
		m.copyTo(2, arenaMemory)
	}
	if m.one(3) {
		m.copyTo(3, number, small)
	} else {
		m.constantTo(3, int32(m.IntN(3)))
	}
	m.constantTo(4, -1)
	m.constantTo(5, int32(m.IntN(8)/7))
	m.kfuncCall("bpf_arena_alloc_pages")
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
	m.set(r, arenaMemory)
	if m.one(2) {
		m.castArena(r, r)
	}
}

func (m *maker) castArena(dst, src uint8) {
	to := int32(castKernel)
	if m.one(4) {
		to = castUser
	}
	if m.one(100) {
		to = m.imm()
	}
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, dst, src, 1, to)
	m.set(dst, arenaMemory)
}

// useArena does something with a pointer into the arena.
func (m *maker) useArena() {
	if !m.has(arenaMemory) {
		return
	}
	r := m.pick(arenaMemory)
	switch m.IntN(12) {
	case 0:
		m.castArena(r, r)
	case 1:
		m.emit(m.class()|m.binaryOp()|cfg.SrcX, r, m.pick(number, small, arenaMemory), 0, 0)
	case 2:
		dst := m.dst()
		m.emit(cfg.ClassALU64|m.binaryOp()|cfg.SrcX, dst, r, 0, 0)
		m.set(dst, arenaMemory)
	case 3:
		m.emit(cfg.ClassALU64|cfg.AluADD, r, 0, 0, m.imm())
	case 4:
		m.skip(m.emit(m.jumpClass()|conds[m.IntN(len(conds))], r, 0, 0, int32(m.IntN(2))))
	case 5:
		m.skip(m.emit(m.jumpClass()|conds[m.IntN(len(conds))]|cfg.SrcX, r, m.pick(arenaMemory, number), 0, 0))
	case 6:
		size := []uint8{cfg.SizeW, cfg.SizeDW}[m.IntN(2)]
		m.emit(cfg.ClassSTX|cfg.ModeATOMIC|size, r, m.pick(number, arenaMemory), int16(8*m.IntN(3)), atomics[m.IntN(len(atomics))])
	case 7:
		off := -int16(8 * (1 + m.IntN(5)))
		m.emit(cfg.ClassSTX|cfg.ModeMEM|cfg.SizeDW, 10, r, off, 0)
		dst := m.dst()
		m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, dst, 10, off, 0)
		m.set(dst, arenaMemory)
	case 8:
		m.emit(cfg.ClassSTX|cfg.ModeMEM|m.size(), r, m.pick(arenaMemory, object, value, frame), int16(8*m.IntN(3)), 0)
	default:
		m.access(r, int16(m.imm()), m.size())
	}
}

// binaryOp is an operation of two registers, an addition mostly.
func (m *maker) binaryOp() uint8 {
	if m.one(2) {
		return cfg.AluADD
	}
	return aluOps[m.IntN(len(aluOps)-1)] // the last has one operand
}

func (m *maker) freePages(r uint8) {
	if !m.permits("bpf_arena_free_pages") {
		return
	}
	m.loadMap(1, mapPages)
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 2, r, 0, 0)
	m.constantTo(3, int32(m.IntN(3)))
	m.kfuncCall("bpf_arena_free_pages")
}

func (m *maker) passArena(r uint8) { m.copyTo(r, arenaMemory, number, small) }

func (m *maker) hasArena() bool { return m.has(arenaMemory) }
