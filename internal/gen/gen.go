// Package gen makes BPF programs that are mostly plausible: it keeps track of
// what registers may hold, so that most of what it emits means something to a
// verifier, and leaves the rest to chance. Two verifiers are compared by what
// they say of the same programs.
package gen

import (
	"math/rand/v2"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Types are the program types that are generated.
var Types = []ebpf.ProgramType{
	ebpf.SocketFilter, ebpf.XDP, ebpf.XDP, ebpf.SchedCLS, ebpf.SchedCLS, ebpf.Kprobe, ebpf.TracePoint, ebpf.CGroupSKB,
	ebpf.SkSKB, ebpf.SkMsg, ebpf.SockOps, ebpf.CGroupSock, ebpf.RawTracepoint, ebpf.PerfEvent, ebpf.LWTXmit, ebpf.CGroupDevice,
	ebpf.CGroupSysctl,
}

// Program is a generated program.
type Program struct {
	Type       ebpf.ProgramType
	AttachType ebpf.AttachType
	AttachTo   string
	Flags      uint32
	Insns      []cfg.Insn
	Funcs      []Func // with types; nil when there are none
}

// kind is what a register probably holds.
type kind uint8

const (
	none kind = iota
	number
	small // a number below 64
	ctx
	frame
	value // of the array, checked
	maybe // a map value that may be null
	packet
	packetEnd
	record  // of the ring buffer
	counter // of a loop
	sock
	lockable // a map value with a lock at offset 8
	local    // an address on some function's stack

	// In typed programs only.
	slot        // memory of 8 bytes
	object      // an object of the kernel, of the type in maker.of
	objectMaybe // ... or null
	walked      // a pointer that was read from an object
	dynptrArg   // a dynptr that a function was passed
	own         // an object of the program, of the type in maker.local
	arenaMemory // an address in the arena
)

// maker builds one function.
type maker struct {
	*rand.Rand
	typ   ebpf.ProgramType
	caps  linux.Caps
	insns []cfg.Insn
	regs  [cfg.NumRegs]kind
	depth int

	// Of typed programs.
	world        *World
	hook         *hook
	menu         []func(*maker)
	of           [cfg.NumRegs]btf.ID // types of objects
	pinned       uint16              // registers that keep what they have
	held         int                 // resources that have to be given back
	rcu          int                 // RCU sections that are open
	live         []stackObject
	lastReserved int32
	calls        bool     // functions with types may be called
	wants        []wanted // functions that are called and not made yet
}

// Make returns a random program for a process with all capabilities; equal
// seeds give equal programs.
func Make(seed uint64) Program { return MakeFor(seed, linux.CapAll) }

// MakeFor is Make for a process with some capabilities.
func MakeFor(seed uint64, caps linux.Caps) Program {
	r := rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15))
	types := typesFor(caps)
	p := Program{Type: types[r.IntN(len(types))]}
	m := &maker{Rand: r, typ: p.Type, caps: caps}
	m.regs[1], m.regs[10] = ctx, frame
	m.initStack()
	if m.one(2) {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 6, 1, 0, 0)
		m.regs[6] = ctx
	}
	for _, r := range []uint8{0, 7, 8, 9} {
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, m.imm())
		m.regs[r] = number
	}
	m.block(3 + m.IntN(14))
	var callee []cfg.Insn
	if m.caps.Has(linux.CapBPF) && m.one(4) {
		callee = m.call()
	} else {
		m.leave()
	}
	p.Insns = append(m.insns, callee...)
	return p
}

// typesFor returns the program types that a process may load.
func typesFor(caps linux.Caps) []ebpf.ProgramType {
	return slices.DeleteFunc(slices.Clone(Types), func(t ebpf.ProgramType) bool {
		return !caps.Has(linux.CapsForType(linux.V6_18, uint32(t)))
	})
}

// initStack writes to most of the stack that programs use, where they may not
// read what they did not write.
func (m *maker) initStack() {
	if m.privileged() {
		return
	}
	for off := int16(-48); off < 0; off += 8 {
		if !m.one(12) {
			m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, 10, 0, off, int32(m.IntN(3)))
		}
	}
}

func (m *maker) privileged() bool { return m.caps.Has(linux.CapPerfmon) }

func (m *maker) one(in int) bool { return m.IntN(in) == 0 }

func (m *maker) emit(op, dst, src uint8, off int16, imm int32) int {
	m.insns = append(m.insns, cfg.Insn{Op: op, Regs: cfg.MakeRegs(dst, src), Off: off, Imm: imm})
	return len(m.insns) - 1
}

// leave ends the function.
func (m *maker) leave() {
	if !m.one(30) {
		m.emit(cfg.ClassALU64|cfg.AluMOV, 0, 0, 0, int32(m.IntN(2)))
	}
	m.emit(cfg.OpEXIT, 0, 0, 0, 0)
}

// call emits a call of a function that is made for it, and returns that.
func (m *maker) call() []cfg.Insn {
	for range m.IntN(3) {
		m.passStack()
	}
	at := m.emit(cfg.OpCALL, 0, cfg.CallLocal, 0, 0)
	sub := &maker{Rand: m.Rand, typ: m.typ, caps: m.caps}
	for r := 1; r <= 5; r++ {
		sub.regs[r] = m.regs[r]
		m.regs[r] = none
	}
	sub.regs[10] = frame
	sub.initStack()
	m.regs[0] = number
	sub.block(1 + m.IntN(10))
	sub.leave()
	m.block(m.IntN(6))
	m.leave()
	m.insns[at].Imm = int32(len(m.insns) - at - 1)
	return sub.insns
}

// block emits about n things.
func (m *maker) block(n int) {
	menu := steps
	if m.menu != nil {
		menu = m.menu
	}
	for range n {
		menu[m.IntN(len(menu))](m)
	}
}

// steps are what a block is made of.
var steps []func(*maker)

func init() { // a literal would refer to itself by way of block
	steps = []func(*maker){
		(*maker).alu, (*maker).alu, (*maker).alu, (*maker).alu, (*maker).mov, (*maker).mov, (*maker).constant,
		(*maker).spill, (*maker).spill, (*maker).fill, (*maker).fill, (*maker).branch, (*maker).branch, (*maker).branch,
		(*maker).lookup, (*maker).index, (*maker).useValue, (*maker).loadContext, (*maker).packets, (*maker).usePacket,
		(*maker).loop, (*maker).helper, (*maker).atomic, (*maker).moveStack, (*maker).ringbuf, (*maker).submit, (*maker).bound,
		(*maker).swap, (*maker).anyHelper, (*maker).anyHelper, (*maker).useSocket, (*maker).tailCall,
		(*maker).packetLoad, (*maker).locked, (*maker).lock, (*maker).passStack, (*maker).useLocal, (*maker).useLocal,
	}
}

// pick returns a register of one of the kinds, or sometimes just any. When
// there is none, a number is made.
func (m *maker) pick(kinds ...kind) uint8 {
	if !m.one(200) {
		first := m.IntN(10)
		for i := range 10 {
			r := (first + i) % 10
			for _, k := range kinds {
				if m.regs[r] == k {
					return uint8(r)
				}
			}
		}
		for _, k := range kinds {
			if k == number || k == small {
				r := m.dst() % 10
				m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, int32(m.IntN(64)))
				m.regs[r] = k
				return r
			}
		}
	}
	if m.world != nil && !m.one(10) {
		return m.anyKnown()
	}
	return uint8(m.IntN(10))
}

// has reports whether some register probably holds one of the kinds.
func (m *maker) has(kinds ...kind) bool {
	for _, k := range kinds {
		for r := range 10 {
			if m.regs[r] == k {
				return true
			}
		}
	}
	return m.one(100)
}

func (m *maker) dst() uint8 {
	if m.one(500) {
		return 10
	}
	for range 8 {
		if r := uint8(m.IntN(10)); m.regs[r] != counter && m.pinned>>r&1 == 0 {
			return r
		}
	}
	return uint8(m.IntN(10))
}
