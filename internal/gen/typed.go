package gen

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// step is something that a block of a typed program is made of.
type step struct {
	weight int
	do     func(*maker)
}

// typedSteps are what typed programs are made of.
var typedSteps []func(*maker)

func init() { // a literal would refer to itself by way of block
	for _, s := range []step{
		// What untyped programs do.
		{6, (*maker).alu}, {3, (*maker).mov}, {2, (*maker).constant}, {3, (*maker).spill}, {3, (*maker).fill},
		{8, (*maker).branch}, {3, (*maker).lookup}, {1, (*maker).index}, {2, (*maker).useValue}, {4, (*maker).loadContext},
		{2, (*maker).packets}, {2, (*maker).usePacket}, {2, (*maker).loop}, {1, (*maker).atomic}, {1, (*maker).moveStack},
		{2, (*maker).ringbuf}, {2, (*maker).bound}, {4, (*maker).anyHelper}, {2, (*maker).useSocket}, {1, (*maker).tailCall},
		{1, (*maker).locked}, {2, (*maker).passStack}, {2, (*maker).useLocal},
		// Objects of the kernel.
		{10, (*maker).loadArgument}, {4, (*maker).currentTask}, {12, (*maker).walk}, {6, (*maker).readObject},
		{4, (*maker).checkNull}, {1, (*maker).storeObject}, {1, (*maker).moveObject}, {2, (*maker).spillObject}, {3, (*maker).cast},
		{1, (*maker).probeObject}, {1, (*maker).variable}, {5, (*maker).storage}, {5, (*maker).kptr},
		// Kernel functions and what they give.
		{14, (*maker).anyKfunc}, {8, (*maker).acquire}, {7, (*maker).iterate}, {6, (*maker).dynptr}, {5, (*maker).section},
		{6, (*maker).ownObject}, {3, (*maker).graph},
		// Functions of the program.
		{5, (*maker).callGlobalMaybe}, {2, (*maker).callLoop}, {2, (*maker).callEach}, {1, (*maker).callFind}, {1, (*maker).callDrain},
		{1, (*maker).useTimer}, {1, (*maker).useWork}, {1, (*maker).throw}, {1, (*maker).mayGoto},
		// Memory and locks of later kernels.
		{4, (*maker).arena}, {2, (*maker).useArena}, {3, (*maker).resLock}, {2, (*maker).taskWork},
	} {
		for range s.weight {
			typedSteps = append(typedSteps, s.do)
		}
	}
}

// MakeTyped returns a random program that uses a kernel's types and functions,
// and functions of its own that have types.
func MakeTyped(seed uint64, w *World) Program {
	r := rand.New(rand.NewPCG(seed, seed^0x2545f4914f6cdd1d))
	group := w.hooks[r.IntN(len(w.hooks))]
	h := &group[r.IntN(len(group))]
	m := &maker{Rand: r, typ: h.typ, caps: linux.CapAll, menu: typedSteps, world: w, hook: h, calls: true}
	p := Program{Type: h.typ, AttachType: h.attach, AttachTo: h.target, Flags: h.flags, Funcs: []Func{{}}}
	m.regs[1], m.regs[10] = ctx, frame
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 6, 1, 0, 0)
	m.regs[6] = ctx
	if !m.one(10) {
		m.pin(6)
	}
	m.body(3 + r.IntN(10))
	m.makeWanted(&p)
	p.Insns = m.insns
	return p
}

// inner is the maker of another function of the same program.
func (m *maker) inner() *maker {
	return &maker{Rand: m.Rand, typ: m.typ, caps: m.caps, menu: typedSteps, world: m.world, hook: m.hook}
}

// body makes the body of a function.
func (m *maker) body(n int) {
	m.keepArguments()
	for _, r := range []uint8{0, 7, 8, 9} {
		if m.regs[r] == none {
			m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, m.imm())
			m.regs[r] = number
		}
	}
	m.block(n)
	m.constantTo(0, m.result())
	m.emit(cfg.OpEXIT, 0, 0, 0, 0)
}

// keepArguments copies what a function was passed to where it survives calls.
func (m *maker) keepArguments() {
	to := uint8(9)
	for r := uint8(1); r <= 5 && to > 6; r++ {
		switch m.regs[r] {
		case object, objectMaybe, value, slot, maybe, record, dynptrArg, own:
			m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, to, r, 0, 0)
			m.set(to, m.regs[r])
			m.of[to] = m.of[r]
			to--
		case ctx:
			if m.regs[6] == none {
				m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 6, r, 0, 0)
				m.set(6, ctx)
			}
		}
	}
}

// result is what programs of the hook may return, mostly.
func (m *maker) result() int32 {
	if ret := m.hook.facts.Ret; ret.Checked && !m.one(30) {
		return ret.Min + int32(m.IntN(int(min(int64(ret.Max)-int64(ret.Min), 1))+1))
	}
	return int32(m.IntN(2))
}

// interrupts reports whether programs of the hook run where locks may be held,
// so that maps with locks, timers and lists are not for them.
func (m *maker) interrupts() bool {
	switch m.typ {
	case ebpf.Kprobe, ebpf.TracePoint, ebpf.PerfEvent, ebpf.RawTracepoint, ebpf.RawTracepointWritable:
		return true
	}
	return false
}

// locks reports whether programs of the hook may use maps with locks, or whether
// they try anyway.
func (m *maker) locks() bool {
	return !m.interrupts() && m.typ != ebpf.SocketFilter || m.one(40)
}

func (m *maker) sleeps() bool { return m.hook.flags&sleepable != 0 }

// anyKnown returns a register that holds something, mostly.
func (m *maker) anyKnown() uint8 {
	first := m.IntN(10)
	for i := range 10 {
		if r := (first + i) % 10; m.regs[r] != none {
			return uint8(r)
		}
	}
	return uint8(first)
}

// saved returns a register that survives calls and may be overwritten.
func (m *maker) saved() (uint8, bool) {
	first := m.IntN(4)
	for i := range 4 {
		if r := uint8(6 + (first+i)%4); m.pinned>>r&1 == 0 && m.regs[r] != counter {
			return r, true
		}
	}
	return 0, false
}

func (m *maker) pin(r uint8)   { m.pinned |= 1 << r }
func (m *maker) unpin(r uint8) { m.pinned &^= 1 << r }

func (m *maker) constantTo(r uint8, n int32) { m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, n) }

func (m *maker) copyReg(dst, src uint8) {
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, dst, src, 0, 0)
	m.set(dst, m.regs[src])
	m.of[dst] = m.of[src]
}

func (m *maker) helperCall(id int32) {
	m.emit(cfg.OpCALL, 0, 0, 0, id)
	m.called()
}

func (m *maker) setObject(r uint8, k kind, of btf.ID) {
	m.set(r, k)
	m.of[r] = of
}

// mayCall reports whether programs of the hook may call a helper, or whether
// they try anyway.
func (m *maker) mayCall(id uint32) bool {
	return m.hook.facts.MayCall(id, m.caps) || m.one(60)
}

func (m *maker) callGlobalMaybe() {
	if m.calls {
		m.callGlobal()
	}
}
