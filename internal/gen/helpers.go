package gen

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// helpers are the prototypes of the newest kernel that is compared with.
var helpers = linux.For(linux.V6_18)

// anyHelper calls a helper with arguments that mostly fit its prototype.
func (m *maker) anyHelper() {
	h := helpers.Helper(uint32(1 + m.IntN(linux.NumHelpers-1)))
	if h == nil || h.ID == writeUser || h.Has(linux.SyncCallback) || h.Has(linux.AsyncCallback) {
		return
	}
	if hook := helpers.Hook(uint32(m.typ), 0, false, ""); hook != nil && !hook.MayCall(h.ID, m.caps) && !m.one(40) {
		return
	}
	held := uint8(0)
	for i := range h.Args {
		if h.Args[i].Kind == linux.ArgCtx || h.Args[i].Has(linux.ArgRelease) {
			held = m.pick(ctx)
		}
	}
	size := int32(m.IntN(5) * 4)
	if m.one(10) {
		size = m.imm()
	}
	for i := range h.Args {
		m.argument(uint8(i+1), &h.Args[i], held, size)
	}
	m.emit(cfg.OpCALL, 0, 0, 0, int32(h.ID))
	m.called()
	switch h.Ret.Kind {
	case linux.RetVoid:
		m.regs[0] = none
	case linux.RetSocket, linux.RetSockCommon, linux.RetTCPSock:
		m.socket()
	case linux.RetMapValue, linux.RetMem, linux.RetMemOrBTFID, linux.RetBTFID:
		m.regs[0] = maybe
	}
}

// argument puts something that fits into an argument register.
func (m *maker) argument(r uint8, a *linux.Arg, held uint8, size int32) {
	if m.one(80) {
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, 0)
		return
	}
	switch a.Kind {
	case linux.ArgNone:
	case linux.ArgAnything, linux.ArgScalar:
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, []int32{0, 0, 1, 6, m.imm()}[m.IntN(5)])
	case linux.ArgCtx:
		if held != r {
			m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, held, 0, 0)
		}
	case linux.ArgConstMap:
		m.loadMap(r, m.anyMap())
	case linux.ArgConstSize, linux.ArgConstSizeOrZero, linux.ArgConstAllocSizeOrZero:
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, size)
	case linux.ArgSocket, linux.ArgSockCommon, linux.ArgBTFIDSockCommon:
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, m.pick(sock, ctx), 0, 0)
	default:
		switch m.IntN(8) {
		case 0:
			m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, m.pick(value, packet), 0, 0)
		case 1:
			m.emit(cfg.OpLDIMM64, r, cfg.ConstMapValue, 0, mapReadOnly+int32(m.IntN(2)))
			m.emit(0, 0, 0, 0, int32(m.IntN(16)))
		default:
			m.stackAddress(r, -int32(8*(2+m.IntN(5))))
		}
	}
}

// writeUser is bpf_probe_write_user, which locked-down kernels do not offer.
const writeUser = 36

const (
	mapReadOnly = 13
	mapLocked   = 18
)

// socket checks a socket that a helper returned, uses it and perhaps gives it
// back.
func (m *maker) socket() {
	r := m.dst()
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	m.set(r, sock)
	m.useSocket()
	if m.one(2) {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
		m.emit(cfg.OpCALL, 0, 0, 0, 86) // bpf_sk_release
		m.called()
		m.set(r, none)
	}
	m.skip(at)
}

func (m *maker) useSocket() {
	if !m.has(sock) {
		return
	}
	size := uint8(cfg.SizeW)
	if m.one(4) {
		size = m.size()
	}
	dst := m.dst()
	m.emit(cfg.ClassLDX|cfg.ModeMEM|size, dst, m.pick(sock), int16(4*m.IntN(22)), 0)
	m.set(dst, number)
}

// tailCall jumps to another program, with an index that may vary.
func (m *maker) tailCall() {
	c := m.pick(ctx)
	if m.regs[c] != ctx || !m.one(3) {
		return
	}
	if c != 1 {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, c, 0, 0)
	}
	m.loadMap(2, mapProgs)
	if m.one(2) {
		m.emit(cfg.ClassALU64|cfg.AluMOV, 3, 0, 0, int32(m.IntN(6)))
	} else {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 3, m.pick(small, number), 0, 0)
	}
	m.emit(cfg.OpCALL, 0, 0, 0, 12)
	m.called()
	m.regs[0] = none
}

// packetLoad is a classic load from the packet, which wants the context in R6.
func (m *maker) packetLoad() {
	if m.regs[6] != ctx && !m.one(10) || m.typ != ebpf.SocketFilter && m.typ != ebpf.SchedCLS && !m.one(40) {
		return
	}
	op := uint8(cfg.ClassLD | cfg.ModeABS)
	src := uint8(0)
	if m.one(2) {
		op, src = cfg.ClassLD|cfg.ModeIND, m.pick(number, small)
	}
	m.emit(op|[]uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW}[m.IntN(3)], 0, src, 0, int32(m.IntN(40)))
	m.called()
}

// passStack puts the address of a part of the stack into an argument register.
func (m *maker) passStack() {
	r := uint8(1 + m.IntN(4))
	m.stackAddress(r, -int32(8*(1+m.IntN(4))))
	m.set(r, local)
}

// useLocal reads or writes through a pointer into a stack.
func (m *maker) useLocal() {
	if !m.has(local) {
		return
	}
	size := m.size()
	if m.one(2) {
		size = cfg.SizeDW
	}
	m.access(m.pick(local), int16(-8*m.IntN(2)), size)
}

// locked looks up a value with a lock.
func (m *maker) locked() {
	switch m.typ {
	case ebpf.SocketFilter, ebpf.Kprobe, ebpf.TracePoint, ebpf.PerfEvent, ebpf.RawTracepoint:
		if !m.one(40) {
			return
		}
	}
	m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, 10, 0, -8, int32(m.IntN(3)))
	m.loadMap(1, mapLocked+int32(m.IntN(2)))
	m.stackAddress(2, -8)
	m.emit(cfg.OpCALL, 0, 0, 0, 1)
	m.called()
	r := m.dst()
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	m.set(r, lockable)
	m.set(0, lockable)
	for range 1 + m.IntN(2) {
		m.lock()
	}
	m.skip(at)
}

// lock takes the lock in a value, uses the value and gives it back, mostly.
func (m *maker) lock() {
	if !m.has(lockable) {
		return
	}
	v := m.pick(lockable)
	call := func(id int32) {
		r := v
		if m.one(30) {
			r = m.pick(lockable)
		}
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
		if off := int32(8); !m.one(60) {
			m.emit(cfg.ClassALU64|cfg.AluADD, 1, 0, 0, off)
		}
		m.emit(cfg.OpCALL, 0, 0, 0, id)
		m.called()
		m.regs[0] = none
	}
	if v < 6 {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 9, v, 0, 0)
		v = 9
		m.set(v, lockable)
	}
	if m.one(4) {
		m.access(v, int16(m.IntN(24)), m.size())
		return
	}
	if !m.one(40) {
		call(93)
	}
	if m.one(2) {
		m.access(v, []int16{0, 12, 16}[m.IntN(3)], cfg.SizeW)
	}
	if m.one(10) {
		steps[m.IntN(len(steps))](m)
	}
	if !m.one(20) {
		call(94)
	}
}

// anyMap returns a map; those with locks are rare, as some programs cannot have
// them at all.
func (m *maker) anyMap() int32 {
	if m.world != nil && m.sleeps() && !m.one(40) {
		return []int32{mapArray, mapHash, mapRingbuf, mapPercpu, mapTasks, mapSockets}[m.IntN(6)]
	}
	i := int32(m.IntN(numMaps))
	if i >= mapLocked && i < mapLocked+2 && !m.one(10) {
		return mapArray
	}
	return i
}
