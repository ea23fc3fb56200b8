package absint

import (
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

var (
	memoryPointers = []pointee{
		{kindStack, 0}, {kindPacket, 0}, {kindPacketMeta, 0}, {kindMapKey, 0}, {kindMapValue, 0},
		{kindMem, 0}, {kindMem, flagRingbuf}, {kindBuf, 0}, {kindBTF, flagTrusted}, {kindCtx, 0},
	}
	scalars     = []pointee{{kindScalar, 0}}
	sockets     = []pointee{{kindSockCommon, 0}, {kindSocket, 0}, {kindTCPSock, 0}, {kindXDPSock, 0}}
	typedSocket = append(sockets[:len(sockets):len(sockets)], pointee{kindBTF, 0}, pointee{kindBTF, flagTrusted})
)

// accepted lists what each kind of argument takes, in the order in which the
// kernel's message names it.
var accepted = [linux.ArgLongPtr + 1][]pointee{
	linux.ArgMapKey:               memoryPointers,
	linux.ArgMapValue:             memoryPointers,
	linux.ArgMem:                  memoryPointers,
	linux.ArgFixedMem:             memoryPointers,
	linux.ArgIntPtr:               memoryPointers,
	linux.ArgLongPtr:              memoryPointers,
	linux.ArgConstSize:            scalars,
	linux.ArgConstSizeOrZero:      scalars,
	linux.ArgConstAllocSizeOrZero: scalars,
	linux.ArgScalar:               scalars,
	linux.ArgConstMap:             {{kindConstMap, 0}},
	linux.ArgCtx:                  {{kindCtx, 0}},
	linux.ArgSockCommon:           sockets,
	linux.ArgBTFIDSockCommon:      typedSocket,
	linux.ArgSocket:               {{kindSocket, 0}},
	linux.ArgBTFID:                {{kindBTF, 0}, {kindBTF, flagTrusted}, {kindBTF, flagRCU}},
	linux.ArgSpinLock:             {{kindMapValue, 0}, {kindBTF, flagAlloc}},
	linux.ArgRingbufMem:           {{kindMem, flagRingbuf}},
	linux.ArgPercpuBTFID:          {{kindBTF, flagPercpu}, {kindBTF, flagPercpu | flagRCU}, {kindBTF, flagPercpu | flagTrusted}},
	linux.ArgFunc:                 {{kindFunc, 0}},
	linux.ArgStack:                {{kindStack, 0}},
	linux.ArgConstStr:             {{kindMapValue, 0}},
	linux.ArgTimer:                {{kindMapValue, 0}},
	linux.ArgKptr: {
		{kindMapValue, 0}, {kindBTF, flagAlloc}, {kindBTF, flagAlloc | flagNonOwning}, {kindBTF, flagAlloc | flagNonOwning | flagRCU},
	},
	linux.ArgDynptr: {{kindStack, 0}, {kindDynptr, 0}},
}

// argument checks the i-th argument of a call.
func (m *machine) argument(c *helperCall, i int) bool {
	arg, r := &c.Args[i], uint8(i+1)
	if arg.Kind == linux.ArgNone {
		return true
	}
	if !m.readable(r) {
		return false
	}
	v := m.reg(r)
	if arg.Kind == linux.ArgAnything {
		if m.secret(v) {
			m.fail("EACCES", "R%d leaks addr into helper function", r)
			return false
		}
		return true
	}
	if v.kind.isPacket() && !m.packetAllowed(c) {
		m.fail("EACCES", "helper access to the packet is not allowed")
		return false
	}
	kind, ok := m.resolve(c, arg)
	if !ok {
		return false
	}
	if !(v.isNull() && arg.Has(linux.ArgMaybeNull)) {
		if !m.argumentType(c, arg, kind, r) || !m.argumentOffset(arg, r) {
			return false
		}
	}
	return m.argumentRef(c, arg, r) && m.argumentValue(c, arg, kind, i)
}

func (m *machine) packetAllowed(c *helperCall) bool {
	if m.prog.Type == ebpf.CGroupSockopt {
		return true
	}
	return m.hook.Packet != linux.PacketNone && c.Has(linux.PacketAccess)
}

// resolve returns the kind that an argument has for the map of the call: the
// values of socket maps are sockets.
func (m *machine) resolve(c *helperCall, arg *linux.Arg) (linux.ArgKind, bool) {
	if arg.Kind != linux.ArgMapValue || c.mapi < 0 || !m.maps[c.mapi].holdsSockets() {
		return arg.Kind, true
	}
	if arg.Flags&^linux.ArgReadOnly != 0 {
		m.fail("EINVAL", "invalid arg_type for sockmap/sockhash")
		return arg.Kind, false
	}
	return linux.ArgBTFIDSockCommon, true
}

// argumentType checks that the register holds something that the argument takes.
func (m *machine) argumentType(c *helperCall, arg *linux.Arg, kind linux.ArgKind, r uint8) bool {
	v := m.reg(r)
	f := v.flags
	if arg.Has(linux.ArgReadOnly) {
		f &^= flagReadOnly
	}
	if arg.Has(linux.ArgMaybeNull) {
		f &^= flagMaybeNull
	}
	if v.kind == kindMem {
		f &^= flagSlice
	}
	if c.ID == helperKptrXchg && arg.Has(linux.ArgRelease) && f&flagAlloc != 0 {
		f &^= flagAlloc | flagPercpu
	}
	list := accepted[kind]
	for _, p := range list {
		if p.kind != v.kind || p.flags != f || !m.knows(kind, p) {
			continue
		}
		if v.kind == kindBTF {
			return m.argumentObject(c, arg, kind, r)
		}
		return true
	}
	m.fail("EACCES", "R%d type=%s expected=%s", r, m.spell(v), m.typeNames(list, func(p pointee) bool { return m.knows(kind, p) }))
	return false
}

// knows reports whether the target kernel takes such pointers as arguments.
func (m *machine) knows(kind linux.ArgKind, p pointee) bool {
	if (kind == linux.ArgMapKey || kind == linux.ArgMapValue) && !m.rules.elementMem && (p.kind == kindMem || p.kind == kindBuf) {
		return false
	}
	switch p.kind {
	case kindBTF:
		if p.flags&flagNonOwning != 0 && !m.rules.sharedKptrs {
			return false
		}
		return p.flags&^flagPercpu == 0 || m.rules.trust
	case kindCtx:
		return kind == linux.ArgCtx || m.rules.fixedCtx
	case kindMem, kindBuf:
		return m.rules.ringbufKeys || kind != linux.ArgMapKey && kind != linux.ArgMapValue
	case kindMapKey:
		return m.rules.mapKeys
	}
	return true
}

// argumentOffset checks whether the pointer may have been moved.
func (m *machine) argumentOffset(arg *linux.Arg, r uint8) bool {
	v := m.reg(r)
	if arg.Has(linux.ArgRelease) {
		if arg.Kind == linux.ArgDynptr && v.kind == kindStack {
			return true
		}
		if v.off != 0 || m.rules.ptrInOffset && !v.num.Tnum.Equals(0) {
			m.fail("EINVAL", "R%d must have zero offset when passed to release func or trusted arg to kfunc", r)
			return false
		}
		return m.unmoved(r, v, false)
	}
	if v.kind == kindCtx && arg.Kind != linux.ArgCtx && m.varCtx() {
		return true
	}
	return m.offsetFits(r, v)
}

// offsetFits checks whether a pointer of this kind may have been moved.
func (m *machine) offsetFits(r uint8, v *value) bool {
	switch {
	case v.mayNull():
	case v.kind == kindMem && v.flags&^(flagReadOnly|flagRingbuf) == 0, v.kind == kindBuf && v.flags&^flagReadOnly == 0:
		return true
	case v.flags == 0:
		switch v.kind {
		case kindStack, kindPacket, kindPacketMeta, kindMapKey, kindMapValue, kindArena, kindScalar:
			return true
		}
	}
	return m.unmoved(r, v, v.kind == kindBTF && slices.Contains(movedObjects, v.flags))
}

// movedObjects are the flags of pointers to objects that may be passed with a constant
// added.
var movedObjects = []flags{
	0, flagAlloc, flagTrusted, flagRCU, flagAlloc | flagNonOwning, flagAlloc | flagNonOwning | flagRCU,
}

// argumentRef notes the resource that an argument gives access to.
func (m *machine) argumentRef(c *helperCall, arg *linux.Arg, r uint8) bool {
	v := m.reg(r)
	if arg.Has(linux.ArgRelease) && arg.Kind != linux.ArgDynptr {
		if v.ref == 0 && !v.isNull() {
			if m.rules.kfuncs.regs {
				m.fail("EINVAL", "release helper %s expects referenced PTR_TO_BTF_ID passed to R%d", c.Name, r)
			} else {
				m.fail("EINVAL", "R%d must be referenced when passed to release function", r)
			}
			return false
		}
		c.released = r
	}
	if v.ref != 0 && arg.Kind != linux.ArgKptr {
		if c.refs++; c.refs > 1 && !m.rules.derivedRefs {
			return m.secondRef(r, v.ref, c.ref)
		}
		c.ref = v.ref
	}
	return true
}

// secondRef refuses a call with two arguments that are resources. Older kernels
// take it for a bug of their own.
func (m *machine) secondRef(r uint8, ref, first uint32) bool {
	if m.rules.twoRefs {
		m.fail("EACCES", "more than one arg with ref_obj_id R%d %d %d", r, ref, first)
	} else {
		m.fail("EFAULT", "verifier internal error: more than one arg with ref_obj_id R%d %d %d", r, ref, first)
	}
	return false
}

// argumentValue checks what the argument's kind demands of the value.
func (m *machine) argumentValue(c *helperCall, arg *linux.Arg, kind linux.ArgKind, i int) bool {
	r, v := uint8(i+1), m.reg(uint8(i+1))
	switch kind {
	case linux.ArgConstMap:
		return m.argumentMap(c, v)
	case linux.ArgMapKey:
		return m.argumentKey(c, r)
	case linux.ArgMapValue:
		if v.isNull() && arg.Has(linux.ArgMaybeNull) {
			return true
		}
		return m.argumentMapValue(c, arg, r)
	case linux.ArgMem:
		c.fills = arg.Has(linux.ArgUninit)
	case linux.ArgFixedMem, linux.ArgIntPtr, linux.ArgLongPtr:
		c.fills = arg.Has(linux.ArgUninit)
		return m.argumentFixed(c, arg, r)
	case linux.ArgConstSize:
		return m.argumentSize(c, &c.Args[i-1], r, false)
	case linux.ArgConstSizeOrZero:
		return m.argumentSize(c, &c.Args[i-1], r, true)
	case linux.ArgConstAllocSizeOrZero:
		if !v.num.IsConst() {
			m.fail("EACCES", "R%d is not a known constant'", r)
			return false
		}
		c.memSize = uint32(v.num.Tnum.Value)
		m.needReg(r)
	case linux.ArgSpinLock:
		if m.inTreeCallback() {
			m.fail("EACCES", "can't spin_{lock,unlock} in rbtree cb")
			return false
		}
		return m.lock(r, v, refLock, c.ID == helperSpinLock)
	case linux.ArgConstStr:
		return m.argumentString(r)
	case linux.ArgDynptr:
		return m.helperDynptr(c, arg, i)
	case linux.ArgTimer:
		return m.argumentTimer(c, r)
	case linux.ArgKptr:
		return m.argumentKptr(c, r)
	case linux.ArgFunc:
		c.fn = int32(v.size)
	case linux.ArgPercpuBTFID:
		c.object = v.typ()
		if v.flags&flagRCU != 0 {
			c.objectTrust = flagAlloc | flagRCU // the copy of one CPU
		}
	}
	return true
}

func (m *machine) argumentMap(c *helperCall, v *value) bool {
	if c.mapi >= 0 && (c.mapi != v.mapi || c.uid != v.uid) {
		m.fail("EINVAL", "timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d", c.uid, v.uid)
		return false
	}
	c.mapi, c.uid = v.mapi, v.uid
	return true
}

func (m *machine) argumentKey(c *helperCall, r uint8) bool {
	size := int32(m.maps[c.mapi].keySize)
	if !m.helperMemory(nil, r, size, false, false) {
		return false
	}
	if m.rules.knownKeys && m.elidesNull(&m.maps[c.mapi]) {
		c.key = m.constantKey(m.reg(r), size)
	}
	return true
}

// argumentMapValue checks memory for an element. Looking into a bloom filter
// reads the value instead of filling it.
func (m *machine) argumentMapValue(c *helperCall, arg *linux.Arg, r uint8) bool {
	info := &m.maps[c.mapi]
	if info.kind == ebpf.BloomFilter && c.ID == helperMapPeek {
		return m.helperMemory(c, r, int32(info.valueSize), false, false)
	}
	c.fills = arg.Has(linux.ArgUninit)
	return m.helperMemory(c, r, int32(info.valueSize), writes(arg), false)
}

// constantKey returns the key on the stack when it is one known number.
func (m *machine) constantKey(p *value, size int32) int64 {
	if !m.rules.capBPF || p.kind != kindStack || !p.num.IsConst() {
		return -1
	}
	off := int(p.off) + int(p.num.Tnum.Value)
	n, last := (-off-1)/8, (-off-1)%8
	s := &m.cur.frames[p.frame].stack.slots[n]
	zeros, spills := 0, 0
	for i := last; i >= 0 && s.bytes[i] == byteZero; i-- {
		zeros++
	}
	if zeros >= int(size) {
		return 0
	}
	for i := last; i >= 0 && s.bytes[i] == byteSpill; i-- {
		spills++
	}
	if !s.isScalarSpill() || spills != int(size) || !s.spill.num.IsConst() {
		return -1
	}
	m.needSlot(p.frame, n)
	return int64(s.spill.num.Tnum.Value)
}

func (m *machine) argumentFixed(c *helperCall, arg *linux.Arg, r uint8) bool {
	size := int32(arg.Size)
	switch arg.Kind {
	case linux.ArgIntPtr:
		size = 4
	case linux.ArgLongPtr:
		size = 8
	}
	if !m.helperMemory(c, r, size, writes(arg), false) {
		return false
	}
	return !arg.Has(linux.ArgAligned) || m.aligned(m.reg(r), 0, size, true)
}

// maxMemory bounds the sizes that may be passed.
const maxMemory = 1 << 29

// argumentSize checks the size in register r of the memory in the one before.
func (m *machine) argumentSize(c *helperCall, mem *linux.Arg, r uint8, zeroOK bool) bool {
	v := m.reg(r)
	c.maxSize = v.num.UMax
	fills := c
	if !v.num.IsConst() {
		fills = nil
	}
	switch {
	case v.num.SMin < 0:
		m.fail("EACCES", "R%d min value is negative, either use unsigned or 'var &= const'", r)
		return false
	case v.num.UMin == 0 && !m.rules.zeroSizeMsg && !m.helperMemory(nil, r-1, 0, writes(mem), zeroOK):
		return false
	case v.num.UMin == 0 && !zeroOK && m.rules.zeroSizeMsg:
		m.fail("EACCES", "R%d invalid zero-sized read: u64=[%d,%d]", r, int64(v.num.UMin), int64(v.num.UMax))
		return false
	case v.num.UMax >= maxMemory:
		m.fail("EACCES", "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'", r)
		return false
	}
	if !m.helperMemory(fills, r-1, int32(v.num.UMax), writes(mem), zeroOK) {
		return false
	}
	m.needReg(r)
	return true
}

// helperMemory checks that a helper may read or write size bytes at a pointer.
// With c it may be stack that the helper fills.
func (m *machine) helperMemory(c *helperCall, r uint8, size int32, write, zeroOK bool) bool {
	p := m.reg(r)
	readOnly := p.flags&flagReadOnly != 0
	switch p.kind {
	case kindPacket, kindPacketMeta:
		return m.inPacket(r, p, 0, size, zeroOK)
	case kindMapKey:
		if write {
			m.fail("EACCES", "R%d cannot write into %s", r, p.name())
			return false
		}
		return m.inRegion(r, p, 0, size, int64(m.maps[p.mapi].keySize), false)
	case kindMapValue:
		return m.mayUseMap(p, p.off, size, write) && m.inMapValue(r, p, 0, size, zeroOK, true)
	case kindMem, kindBuf:
		if write && readOnly {
			m.fail("EACCES", "R%d cannot write into %s", r, p.name())
			return false
		}
		if p.kind == kindBuf {
			return m.inBuffer(bufName(p), r, p, 0, size)
		}
		return m.inRegion(r, p, 0, size, int64(p.size), zeroOK)
	case kindStack:
		return m.helperStack(c, r, p, size, write, zeroOK)
	case kindBTF:
		return m.helperTouchesObject(r, size, write)
	case kindCtx:
		if m.varCtx() {
			return m.inRegion(r, p, 0, size, maxVarCtx, zeroOK)
		}
		if m.rules.ctxMemory && m.plainCtx() {
			return m.contextMemory(r, p, size, write, zeroOK)
		}
	}
	if zeroOK && size == 0 && p.isNull() {
		return true
	}
	m.fail("EACCES", "R%d type=%s expected=%s", r, m.spell(p), kindNames[kindStack])
	return false
}

func (m *machine) helperStack(c *helperCall, r uint8, p *value, size int32, write, zeroOK bool) bool {
	if size == 0 && !zeroOK {
		m.fail("EACCES", "invalid zero-sized read")
		return false
	}
	clobbers := write || !m.rules.stackMsgs
	if !m.inStack(r, p, p.off, size, clobbers, true) {
		return false
	}
	if c != nil && c.fills && p.num.IsConst() {
		c.raw, c.rawSize = r, size
		lo := int(p.off) + int(int64(p.num.Tnum.Value))
		return m.noDynptrIn(p.frame, lo, lo+int(size))
	}
	return m.stackReadable(r, p, p.off, size, clobbers)
}

// argumentString checks for a constant string in a read-only map.
func (m *machine) argumentString(r uint8) bool {
	v := m.reg(r)
	info := &m.maps[v.mapi]
	off := int64(v.off) + int64(v.num.Tnum.Value)
	switch data := info.known(); {
	case info.flags&mapReadOnlyProg == 0 || !info.Frozen:
		m.fail("EACCES", "R%d does not point to a readonly map'", r)
	case !v.num.IsConst():
		m.fail("EACCES", "R%d is not a constant address'", r)
	case info.kind != ebpf.Array:
		m.fail("EACCES", "no direct value access support for this map type")
	case !m.inMapValue(r, v, 0, int32(int64(info.valueSize)-off), false, true):
		m.failErrno("EACCES")
	case !terminated(data, off, int64(info.valueSize)):
		m.fail("EINVAL", "string is not zero-terminated")
	default:
		return true
	}
	return false
}

func terminated(data []byte, off, size int64) bool {
	if int64(len(data)) < size {
		return true // what the data does not reach is zero
	}
	return strings.IndexByte(string(data[off:]), 0) >= 0
}

// writes reports whether the helper writes the memory of an argument.
func writes(arg *linux.Arg) bool { return arg.Flags&(linux.ArgWrite|linux.ArgUninit) != 0 }
