package gen

import "github.com/bpflint/bpflint/cfg"

var interesting = []int32{0, 1, -1, 2, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 255, 256, 4095, 0xffff, 1 << 20, 1<<31 - 1, -1 << 31, -8, -256}

func (m *maker) imm() int32 {
	if m.one(4) {
		return int32(m.Uint32())
	}
	return interesting[m.IntN(len(interesting))]
}

var aluOps = []uint8{
	cfg.AluADD, cfg.AluADD, cfg.AluSUB, cfg.AluMUL, cfg.AluOR, cfg.AluAND, cfg.AluAND, cfg.AluLSH, cfg.AluRSH,
	cfg.AluXOR, cfg.AluARSH, cfg.AluDIV, cfg.AluMOD, cfg.AluNEG,
}

func (m *maker) class() uint8 {
	if m.one(3) {
		return cfg.ClassALU
	}
	return cfg.ClassALU64
}

func (m *maker) alu() {
	op, class := aluOps[m.IntN(len(aluOps))], m.class()
	dst := m.pick(number, small)
	off := int16(0)
	if (op == cfg.AluDIV || op == cfg.AluMOD) && m.one(3) {
		off = 1
	}
	if op == cfg.AluNEG {
		m.emit(class|op, dst, 0, 0, 0)
	} else if m.one(2) {
		m.emit(class|op|cfg.SrcX, dst, m.pick(number, small), off, 0)
	} else {
		imm := m.imm()
		if op == cfg.AluLSH || op == cfg.AluRSH || op == cfg.AluARSH {
			imm = int32(m.IntN(33))
		}
		m.emit(class|op, dst, 0, off, imm)
	}
	m.set(dst, number)
}

func (m *maker) set(r uint8, k kind) {
	if r < 10 {
		m.regs[r] = k
	}
}

func (m *maker) mov() {
	dst, src := m.dst(), uint8(10)
	if !m.one(12) {
		src = m.pick([]kind{number, small, value, packet, ctx, record}[m.IntN(6)], number)
	}
	switch m.IntN(8) {
	case 0:
		m.emit(cfg.ClassALU|cfg.AluMOV|cfg.SrcX, dst, m.pick(number, small), 0, 0)
		m.set(dst, number)
	case 1:
		m.emit(m.class()|cfg.AluMOV|cfg.SrcX, dst, m.pick(number), []int16{8, 16}[m.IntN(2)], 0)
		m.set(dst, number)
	default:
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, dst, src, 0, 0)
		m.set(dst, m.regs[src])
		m.of[dst] = m.of[src]
	}
}

func (m *maker) constant() {
	dst := m.dst()
	if m.one(4) {
		m.emit(cfg.OpLDIMM64, dst, 0, 0, m.imm())
		m.emit(0, 0, 0, 0, m.imm())
	} else {
		m.emit(m.class()|cfg.AluMOV, dst, 0, 0, m.imm())
	}
	m.set(dst, number)
}

// bound masks a number so that it can serve as an offset.
func (m *maker) bound() {
	r := m.pick(number)
	m.emit(m.class()|cfg.AluAND, r, 0, 0, []int32{3, 7, 15, 31, 63}[m.IntN(5)])
	m.set(r, small)
}

func (m *maker) swap() {
	m.emit(cfg.ClassALU|cfg.AluEND|uint8(8*m.IntN(2)), m.pick(number), 0, 0, []int32{16, 32, 64}[m.IntN(3)])
}

var sizes = []uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW, cfg.SizeDW}

func width(size uint8) int { return [4]int{4, 2, 1, 8}[size>>3&3] }

func (m *maker) size() uint8 { return sizes[m.IntN(4)] }

// slot returns a place on the stack for an access of a size.
func (m *maker) slot(size uint8) int16 {
	w := width(size)
	if m.one(1000) {
		return int16(m.IntN(600)) - 560
	}
	off := m.IntN(8/w) * w
	if m.one(3) {
		off = 0
	}
	return -int16(8*(1+m.IntN(5))) + int16(off)
}

func (m *maker) spill() {
	size := m.size()
	if m.one(2) {
		size = cfg.SizeDW
	}
	if m.one(4) {
		m.emit(cfg.ClassST|cfg.ModeMEM|size, 10, 0, m.slot(size), m.imm())
		return
	}
	src := m.pick(number, small, value, packet, ctx, maybe)
	if m.regs[src] != number && m.regs[src] != small && !m.one(20) {
		size = cfg.SizeDW
	}
	m.emit(cfg.ClassSTX|cfg.ModeMEM|size, 10, src, m.slot(size), 0)
}

func (m *maker) fill() {
	size, mode, dst := m.size(), uint8(cfg.ModeMEM), m.dst()
	if m.one(2) {
		size = cfg.SizeDW
	} else if m.one(6) && size != cfg.SizeDW {
		mode = cfg.ModeMEMSX
	}
	m.emit(cfg.ClassLDX|mode|size, dst, 10, m.slot(size), 0)
	m.set(dst, number)
}
