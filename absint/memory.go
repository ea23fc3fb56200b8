package absint

import (
	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/internal/linux"
)

// access is one read or write of memory through a pointer in a register.
type access struct {
	reg    uint8
	off    int32 // that of the instruction
	size   int32
	write  bool
	value  int8 // register that is stored or loaded, -1 for none
	strict bool // must be aligned whatever the machine can do
	sx     bool // the loaded number is sign-extended
}

func (m *machine) stepLoad(in *instr) outcome {
	if !m.readable(in.Src()) || !m.writable(in.Dst()) {
		return failed
	}
	k := m.reg(in.Src()).pointee()
	a := access{reg: in.Src(), off: int32(in.Off), size: int32(in.bytes), value: int8(in.Dst()), sx: in.isMemSX()}
	if !m.access(&a) || !m.sameKindAsBefore(k, true) {
		return failed
	}
	return next
}

func (m *machine) stepStore(in *instr) outcome {
	if !m.readable(in.Src()) || !m.readable(in.Dst()) {
		return failed
	}
	k := m.reg(in.Dst()).pointee()
	a := access{reg: in.Dst(), off: int32(in.Off), size: int32(in.bytes), write: true, value: int8(in.Src())}
	if !m.access(&a) || !m.sameKindAsBefore(k, false) {
		return failed
	}
	return next
}

func (m *machine) stepStoreImm(in *instr) outcome {
	if !m.readable(in.Dst()) {
		return failed
	}
	p := m.reg(in.Dst())
	if p.kind == kindCtx && !m.rules.ctxConstants {
		return m.fail("EACCES", "BPF_ST stores into R%d %s is not allowed", in.Dst(), p.name())
	}
	k := p.pointee()
	a := access{reg: in.Dst(), off: int32(in.Off), size: int32(in.bytes), write: true, value: -1}
	if !m.access(&a) || !m.sameKindAsBefore(k, false) {
		return failed
	}
	return next
}

// access checks a read or write and sets the register that is loaded.
func (m *machine) access(a *access) bool {
	p := m.reg(a.reg)
	m.whole = slotSet{}
	if !m.aligned(p, a.off, a.size, a.strict) {
		return false
	}
	if !m.accessByKind(a, p) {
		return false
	}
	if a.write {
		m.chains.wrote(m.top.act, m.here(), int32(m.wholeFrame), m.whole)
		return true
	}
	if a.value >= 0 && a.size < 8 {
		if v := m.reg(uint8(a.value)); v.kind == kindScalar {
			m.narrow(v, a)
		}
	}
	return true
}

// narrow cuts a loaded number to the size of the access.
func (m *machine) narrow(v *value, a *access) {
	if !a.sx {
		v.num.Truncate(int(a.size), m.num)
		return
	}
	same := v.num.UMax < 1<<(8*a.size-1)
	v.num.SignExtend(int(a.size), m.num)
	if !same {
		v.unlink()
	}
}

func (m *machine) accessByKind(a *access, p *value) bool {
	switch p.kind {
	case kindStack:
		return m.accessStack(a, p)
	case kindMapValue:
		if p.mayNull() {
			break
		}
		return m.accessMapValue(a, p)
	case kindPacket, kindPacketMeta:
		return m.accessPacket(a, p)
	case kindCtx:
		return m.accessCtx(a, p)
	case kindMem:
		return m.accessMem(a, p)
	case kindMapKey:
		return m.accessMapKey(a, p)
	case kindSocket, kindSockCommon, kindTCPSock, kindXDPSock:
		if p.mayNull() {
			break
		}
		return m.accessSocket(a, p)
	case kindFlowKeys:
		return m.accessFlowKeys(a, p)
	case kindTPBuffer:
		return m.accessTPBuffer(a, p)
	case kindBuf:
		if p.mayNull() && m.rules.nullBuffers {
			break
		}
		return m.accessBuf(a, p)
	case kindBTF:
		if p.mayNull() {
			break
		}
		return m.accessTyped(a, p)
	case kindConstMap:
		return m.accessMapStruct(a, p)
	case kindArena:
		return m.accessArena(a)
	}
	m.fail("EACCES", "R%d invalid mem access '%s'", a.reg, m.spell(p))
	return false
}

// leaks refuses to store a pointer where others could see it.
func (m *machine) leaks(a *access, where string) bool {
	if !a.write || a.value < 0 || !m.secret(m.reg(uint8(a.value))) {
		return false
	}
	m.fail("EACCES", "R%d leaks addr into %s", a.value, where)
	return true
}

// loadUnknown sets the loaded register to an unknown number.
func (m *machine) loadUnknown(a *access) {
	if !a.write && a.value >= 0 {
		*m.reg(uint8(a.value)) = unknown()
	}
}

func (m *machine) accessMem(a *access, p *value) bool {
	switch {
	case p.mayNull():
		m.fail("EACCES", "R%d invalid mem access '%s'", a.reg, m.spell(p))
		return false
	case a.write && p.flags&flagReadOnly != 0:
		m.fail("EACCES", "R%d cannot write into %s", a.reg, p.name())
		return false
	case m.leaks(a, "mem"):
		return false
	}
	if p.flags&(flagReadOnly|flagUntrusted) != flagReadOnly|flagUntrusted && // a fault reads as zero
		!m.inRegion(a.reg, p, a.off, a.size, int64(p.size), false) {
		return false
	}
	m.loadUnknown(a)
	return true
}

func (m *machine) accessMapKey(a *access, p *value) bool {
	if a.write {
		m.fail("EACCES", "write to change key R%d not allowed", a.reg)
		return false
	}
	if !m.inRegion(a.reg, p, a.off, a.size, int64(m.maps[p.mapi].keySize), false) {
		return false
	}
	m.loadUnknown(a)
	return true
}

func (m *machine) accessFlowKeys(a *access, p *value) bool {
	if m.leaks(a, "flow keys") {
		return false
	}
	off := int64(a.off) + int64(p.off)
	if a.size < 0 || off < 0 || off+int64(a.size) > flowKeysSize {
		m.fail("EACCES", "invalid access to flow keys off=%d size=%d", off, a.size)
		return false
	}
	m.loadUnknown(a)
	return true
}

// flowKeysSize is the size of struct bpf_flow_keys.
const flowKeysSize = 56

func (m *machine) accessTPBuffer(a *access, p *value) bool {
	if !m.inBuffer("tracepoint", a.reg, p, a.off, a.size) {
		return false
	}
	m.loadUnknown(a)
	return true
}

func (m *machine) accessBuf(a *access, p *value) bool {
	if a.write && p.flags&flagReadOnly != 0 {
		m.fail("EACCES", "R%d cannot write into %s", a.reg, p.name())
		return false
	}
	if !m.inBuffer(bufName(p), a.reg, p, a.off, a.size) {
		return false
	}
	m.loadUnknown(a)
	return true
}

func bufName(p *value) string {
	if p.flags&flagReadOnly != 0 {
		return "rdonly"
	}
	return "rdwr"
}

// inBuffer checks what can be checked of a buffer whose size is not known
// before the program is attached.
func (m *machine) inBuffer(name string, r uint8, p *value, off, size int32) bool {
	if own := int64(p.off) + int64(p.num.Tnum.Value); m.rules.ptrInOffset && p.num.IsConst() {
		if int64(off)+own < 0 {
			m.fail("EACCES", "R%d invalid negative %s buffer offset: off=%d, var_off=%d", r, name, off, own)
			return false
		}
		return true
	}
	if at := int64(off) + int64(p.off); at < 0 {
		m.fail("EACCES", "R%d invalid %s buffer access: off=%d, size=%d", r, name, at, size)
		return false
	}
	if !p.num.IsConst() || p.num.Tnum.Value != 0 {
		m.fail("EACCES", "R%d invalid variable buffer offset: off=%d, var_off=%s", r, int64(off)+int64(p.off), m.bits(p))
		return false
	}
	return true
}

// inRegion checks that size bytes at p plus off lie in a region of limit bytes
// for every value of p's variable offset.
func (m *machine) inRegion(r uint8, p *value, off, size int32, limit int64, zeroOK bool) bool {
	at := int64(off) + int64(p.off)
	low, base := p.num.SMin, at
	if m.rules.ptrInOffset {
		low, base = low+int64(p.off), int64(off)
	}
	if low < 0 && (p.num.SMin == -1<<63 || base+low != int64(int32(base+low)) || base+low < 0) {
		m.fail("EACCES", "R%d min value is negative, either use unsigned index or do a if (index >=0) check.", r)
		return false
	}
	if !m.inBounds(r, p, base+low, size, limit, zeroOK) {
		m.fail("EACCES", "R%d min value is outside of the allowed memory range", r)
		return false
	}
	// A joined offset that may be negative is a huge number without its sign.
	if p.num.UMax >= maxOffset || m.rules.ptrInOffset && low < 0 {
		m.fail("EACCES", "R%d unbounded memory access, make sure to bounds check any such access", r)
		return false
	}
	if !m.inBounds(r, p, at+int64(p.num.UMax), size, limit, zeroOK) {
		m.fail("EACCES", "R%d max value is outside of the allowed memory range", r)
		return false
	}
	return true
}

// inBounds checks an access at a known offset.
func (m *machine) inBounds(r uint8, p *value, off int64, size int32, limit int64, zeroOK bool) bool {
	off = int64(int32(off))
	sizeOK := size > 0 || size == 0 && zeroOK
	if off >= 0 && sizeOK && off+int64(uint32(size)) <= limit {
		return true
	}
	switch p.kind {
	case kindMapKey:
		m.say("invalid access to map key, key_size=%d off=%d size=%d", limit, off, size)
	case kindMapValue:
		m.say("invalid access to map value, value_size=%d off=%d size=%d", limit, off, size)
	case kindCtx:
		m.say("invalid access to context, ctx_size=%d off=%d size=%d", limit, off, size)
	case kindPacket, kindPacketMeta, kindPacketEnd:
		m.say("invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)", off, size, r, p.id, off, limit)
	default:
		m.say("invalid access to memory, mem_size=%d off=%d size=%d", uint32(limit), off, size)
	}
	return false
}

// alignedKinds are the words for a pointer in the message about alignment.
var alignedKinds = [kindCount]string{
	kindFlowKeys: "flow keys ", kindMapKey: "key ", kindMapValue: "value ", kindCtx: "context ",
	kindStack: "stack ", kindSocket: "sock ", kindSockCommon: "sock_common ",
	kindTCPSock: "tcp_sock ", kindXDPSock: "xdp_sock ",
}

// packetAlign is the offset from a multiple of 4 at which packets start where
// the network stack cares about alignment.
const packetAlign = 2

func (m *machine) aligned(p *value, off, size int32, strict bool) bool {
	strict = strict || m.opts.Strict || p.kind == kindStack
	if !strict || size == 1 || p.kind == kindArena {
		return true
	}
	at := int64(p.off) + int64(off)
	if p.kind.isPacket() {
		at += packetAlign
	}
	t := p.num.Tnum.Add(tnum.Const(uint64(at)))
	if (t.Value|t.Mask)&uint64(size-1) == 0 {
		return true
	}
	switch {
	case m.rules.ptrInOffset:
		m.misalignedAnywhere(p, off, size)
	case p.kind.isPacket():
		m.fail("EACCES", "misaligned packet access off %d+%s+%d+%d size %d", packetAlign, m.bits(p), p.off, off, size)
	default:
		m.fail("EACCES", "misaligned %saccess off %s+%d+%d size %d", alignedKinds[p.kind], m.bits(p), p.off, off, size)
	}
	return false
}

func (m *machine) accessPacket(a *access, p *value) bool {
	if a.write && m.hook.Packet != linux.PacketWrite {
		m.fail("EACCES", "cannot write into packet")
		return false
	}
	if m.leaks(a, "packet") || !m.inPacket(a.reg, p, a.off, a.size, false) {
		return false
	}
	m.loadUnknown(a)
	return true
}

// inPacket checks an access against the bytes that are known to exist behind
// the variable part of p.
func (m *machine) inPacket(r uint8, p *value, off, size int32, zeroOK bool) bool {
	if m.rules.ptrInOffset && p.rng >= 0 {
		limit := int64(p.rng) // the kernel counts the variable part as well
		if limit > 0 {
			limit += int64(min(p.num.UMax, maxPacketOffset))
		}
		return m.inRegion(r, p, off, size, limit, zeroOK)
	}
	if p.num.SMin < 0 {
		m.fail("EACCES", "R%d min value is negative, either use unsigned index or do a if (index >=0) check.", r)
		return false
	}
	if p.rng < 0 {
		m.fail("EINVAL", "R%d offset is outside of the packet", r)
		return false
	}
	if !m.inBounds(r, p, int64(off)+int64(p.off), size, int64(p.rng), zeroOK) {
		m.fail("EACCES", "R%d offset is outside of the packet", r)
		return false
	}
	return true
}

// joined returns a pointer whose variable offset is the one that messages show:
// newer kernels add the constant one to it.
func (m *machine) joined(p *value) value {
	at := *p
	if m.rules.ptrInOffset {
		at.num.Tnum = p.num.Tnum.Add(tnum.Const(uint64(int64(p.off))))
	}
	return at
}

// misalignedAnywhere words what aligned found where the kernel keeps constant
// and variable offset together.
func (m *machine) misalignedAnywhere(p *value, off, size int32) {
	at := m.joined(p)
	if p.kind.isPacket() {
		m.fail("EACCES", "misaligned packet access off %d+%s+%d size %d", packetAlign, m.bits(&at), off, size)
		return
	}
	m.fail("EACCES", "misaligned %saccess off %s+%d size %d", alignedKinds[p.kind], m.bits(&at), off, size)
}
