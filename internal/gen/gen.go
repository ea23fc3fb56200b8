// Package gen makes BPF programs that are mostly plausible: it keeps track of
// what registers may hold, so that most of what it emits means something to a
// verifier, and leaves the rest to chance. Two verifiers are compared by what
// they say of the same programs.
package gen

import (
	"math/rand/v2"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Maps are the maps that generated programs refer to, by index.
func Maps() []*ebpf.MapSpec {
	return []*ebpf.MapSpec{
		{Name: "array", Type: ebpf.Array, KeySize: 4, ValueSize: 48, MaxEntries: 4},
		{Name: "hash", Type: ebpf.Hash, KeySize: 8, ValueSize: 24, MaxEntries: 4},
		{Name: "ringbuf", Type: ebpf.RingBuf, MaxEntries: 4096},
		{Name: "percpu", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 2},
		{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "events", Type: ebpf.PerfEventArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "stacks", Type: ebpf.StackTrace, KeySize: 4, ValueSize: 80, MaxEntries: 4},
		{Name: "queue", Type: ebpf.Queue, ValueSize: 16, MaxEntries: 4},
		{Name: "lru", Type: ebpf.LRUHash, KeySize: 16, ValueSize: 8, MaxEntries: 4},
		{Name: "devs", Type: ebpf.DevMap, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "socks", Type: ebpf.SockMap, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "sockhash", Type: ebpf.SockHash, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "cgroups", Type: ebpf.CGroupArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "readonly", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1, Flags: 1 << 7},
		{Name: "writeonly", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1, Flags: 1 << 8},
		{Name: "bloom", Type: ebpf.BloomFilter, ValueSize: 8, MaxEntries: 4},
		{Name: "reuseport", Type: ebpf.ReusePortSockArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "cpus", Type: ebpf.CPUMap, KeySize: 4, ValueSize: 8, MaxEntries: 2},
		{Name: "locked", Type: ebpf.Array, KeySize: 4, ValueSize: 24, MaxEntries: 2, Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Value: lockedValue()},
		{Name: "lockedhash", Type: ebpf.Hash, KeySize: 4, ValueSize: 24, MaxEntries: 2, Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Value: lockedValue()},
		{Name: "xsks", Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 2},
	}
}

// lockedValue is a structure with a spin lock in it.
func lockedValue() btf.Type {
	u32 := &btf.Int{Name: "unsigned int", Size: 4}
	u64 := &btf.Int{Name: "unsigned long", Size: 8}
	lock := &btf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []btf.Member{{Name: "val", Type: u32}}}
	return &btf.Struct{Name: "locked", Size: 24, Members: []btf.Member{
		{Name: "a", Type: u64}, {Name: "lock", Type: lock, Offset: 64}, {Name: "b", Type: u32, Offset: 96}, {Name: "c", Type: u64, Offset: 128},
	}}
}

// Indices of Maps.
const (
	mapArray = iota
	mapHash
	mapRingbuf
	mapPercpu
	mapProgs
	numMaps = 21
)

// Types are the program types that are generated.
var Types = []ebpf.ProgramType{
	ebpf.SocketFilter, ebpf.XDP, ebpf.XDP, ebpf.SchedCLS, ebpf.SchedCLS, ebpf.Kprobe, ebpf.TracePoint, ebpf.CGroupSKB,
	ebpf.SkSKB, ebpf.SkMsg, ebpf.SockOps, ebpf.CGroupSock, ebpf.RawTracepoint, ebpf.PerfEvent, ebpf.LWTXmit, ebpf.CGroupDevice,
	ebpf.CGroupSysctl,
}

// Program is a generated program.
type Program struct {
	Type  ebpf.ProgramType
	Insns []cfg.Insn
	Funcs []Func // with types; nil when there are none
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
)

// maker builds one function.
type maker struct {
	*rand.Rand
	typ   ebpf.ProgramType
	caps  linux.Caps
	insns []cfg.Insn
	regs  [cfg.NumRegs]kind
	depth int
	calls bool     // functions with types may be called
	wants []wanted // functions that are called and not made yet
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
	for range n {
		steps[m.IntN(len(steps))](m)
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
		if r := uint8(m.IntN(10)); m.regs[r] != counter {
			return r
		}
	}
	return uint8(m.IntN(10))
}

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

var conds = []uint8{
	cfg.JmpJEQ, cfg.JmpJNE, cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJLT, cfg.JmpJLE, cfg.JmpJSGT, cfg.JmpJSGE, cfg.JmpJSLT,
	cfg.JmpJSLE, cfg.JmpJSET,
}

func (m *maker) jumpClass() uint8 {
	if m.one(3) {
		return cfg.ClassJMP32
	}
	return cfg.ClassJMP
}

// branch emits a condition, what is skipped by it, and perhaps an alternative.
func (m *maker) branch() {
	op := conds[m.IntN(len(conds))]
	var at int
	if m.one(2) {
		at = m.emit(m.jumpClass()|op|cfg.SrcX, m.pick(number, small), m.pick(number, small), 0, 0)
	} else {
		at = m.emit(m.jumpClass()|op, m.pick(number, small), 0, 0, m.imm())
	}
	m.skip(at)
}

// skip makes the jump at a slot lead over what is emitted now.
func (m *maker) skip(at int) {
	before := m.regs
	m.depth++
	if m.depth < 4 {
		m.block(m.IntN(5))
	}
	if m.one(6) {
		m.leave()
	}
	m.depth--
	m.insns[at].Off = int16(len(m.insns) - at - 1)
	for r := range m.regs {
		if m.regs[r] != before[r] {
			m.regs[r] = none
		}
	}
}

// loop counts a register down or up to a constant.
func (m *maker) loop() {
	r := uint8(6 + m.IntN(4))
	if !m.privileged() && !m.one(40) {
		return // refused, or explored on speculative paths as well, which takes its time
	}
	if m.depth > 1 || m.regs[r] == counter {
		return
	}
	n := int32(1 + m.IntN(12))
	m.emit(m.class()|cfg.AluMOV, r, 0, 0, 0)
	m.set(r, counter)
	start := len(m.insns)
	m.depth += 2
	before := m.regs
	m.block(m.IntN(4))
	m.depth -= 2
	m.emit(m.class()|cfg.AluADD, r, 0, 0, 1)
	op := []uint8{cfg.JmpJLT, cfg.JmpJNE, cfg.JmpJSLT}[m.IntN(3)]
	at := m.emit(m.jumpClass()|op, r, 0, 0, n)
	m.insns[at].Off = int16(start - at - 1)
	for i := range m.regs {
		if m.regs[i] != before[i] {
			m.regs[i] = none
		}
	}
	m.set(r, small)
}
