package absint

import "github.com/bpflint/bpflint/cfg"

// maxOffset bounds the offsets that pointers may have.
const maxOffset = 1 << 29

// pointerMath sets dst to ptr plus or minus a scalar. Both operands are copies
// or do not change when dst does.
func (m *machine) pointerMath(in *instr, dst *value, ptr value, off *value) outcome {
	code, r := in.code(), in.Dst()
	if !in.is64() {
		if code == cfg.AluSUB && m.rules.ptrLeaks {
			*dst = unknown()
			return next
		}
		return m.fail("EACCES", "R%d 32-bit pointer arithmetic prohibited", r)
	}
	if ptr.mayNull() {
		return m.fail("EACCES", "R%d pointer arithmetic on %s prohibited, null-check it first", r, ptr.name())
	}
	if !movable(&ptr, off, code) {
		return m.fail("EACCES", "R%d pointer arithmetic on %s prohibited", r, ptr.name())
	}
	dstWasPtr := dst.kind != kindScalar
	lossy := !dstWasPtr && m.rules.lossyAdd
	if ptr.kind == kindMem && ptr.flags&flagUntrusted != 0 {
		if !lossy {
			*dst = ptr // wherever it points to, reading it is safe
		}
		return next
	}
	*dst = ptr
	if lossy {
		dst.frame, dst.ref = 0, 0
	}
	if !m.saneScalar(off, &ptr) || !m.sanePointer(&ptr) {
		return m.failErrno("EINVAL")
	}
	w, reason := m.openWindow(in, &ptr, off, dstWasPtr)
	if reason != maskOK {
		return m.refuseMask(in, reason)
	}
	known := off.num.IsConst()
	switch code {
	case cfg.AluADD:
		m.advance(dst, off, known)
	case cfg.AluSUB:
		if !dstWasPtr {
			return m.fail("EACCES", "R%d tried to subtract pointer from scalar", r)
		}
		if ptr.kind == kindStack {
			return m.fail("EACCES", "R%d subtraction from stack pointer prohibited", r)
		}
		m.retreat(dst, off, known)
	case cfg.AluAND, cfg.AluOR, cfg.AluXOR:
		return m.fail("EACCES", "R%d bitwise operator %s on pointer prohibited", r, aluName(code))
	default:
		return m.fail("EACCES", "R%d pointer arithmetic with %s operator prohibited", r, aluName(code))
	}
	if !m.saneResult(dst) {
		return m.failErrno("EINVAL")
	}
	if m.boundUnprivileged(in, dst) == failed {
		return failed
	}
	if reason := m.closeWindow(&w, dst); reason != maskOK {
		return m.refuseMask(in, reason)
	}
	return next
}

// movable reports whether anything may be added to a pointer of this kind.
func movable(ptr, off *value, code uint8) bool {
	known := off.num.IsConst()
	switch ptr.kind {
	case kindCtx, kindMapValue, kindMapKey, kindStack, kindPacketMeta, kindPacket, kindTPBuffer,
		kindBTF, kindMem, kindBuf, kindFunc, kindDynptr:
		return true
	case kindFlowKeys:
		if known {
			return true
		}
	case kindConstMap:
	default:
		return false
	}
	return known && off.num.SMin == 0 && code == cfg.AluADD
}

func (m *machine) advance(dst, off *value, known bool) {
	if sum := int64(dst.off) + off.num.SMin; known && sum == int64(int32(sum)) {
		dst.off = int32(sum)
		m.forgetEnd(dst)
		return
	}
	dst.num.AddOffset(&off.num, m.num)
	if dst.kind.isPacket() {
		dst.id, dst.rng = m.newID(), 0
	}
}

// forgetEnd drops what a comparison told about a pointer that lay at the end of
// the packet and is moved away.
func (m *machine) forgetEnd(v *value) {
	if v.rng < 0 && v.kind.isPacket() && m.rules.movedEnds {
		v.rng = 0
	}
}

func (m *machine) retreat(dst, off *value, known bool) {
	if diff := int64(dst.off) - off.num.SMin; known && diff == int64(int32(diff)) {
		dst.off = int32(diff)
		m.forgetEnd(dst)
		return
	}
	mayGrow := off.num.SMin < 0
	m.forgetEnd(dst)
	dst.num.SubOffset(&off.num, m.num)
	if dst.kind.isPacket() {
		dst.id = m.newID()
		if mayGrow {
			dst.rng = 0
		}
	}
}

// saneScalar, sanePointer and saneResult keep offsets far from overflow.
func (m *machine) saneScalar(off, ptr *value) bool {
	n := &off.num
	switch {
	case n.IsConst() && outOfReach(int64(n.Tnum.Value)):
		m.say("math between %s pointer and %d is not allowed", ptr.name(), int64(n.Tnum.Value))
	case outOfReach(int64(off.off)) && !m.rules.joinedWords: // the distance to what it is tied to
		m.say("%s pointer offset %d is not allowed", ptr.name(), off.off)
	case n.SMin == -1<<63:
		m.say("math between %s pointer and register with unbounded min value is not allowed", ptr.name())
	case outOfReach(n.SMin):
		m.say("value %d makes %s pointer be out of bounds", n.SMin, ptr.name())
	default:
		return true
	}
	return false
}

func (m *machine) sanePointer(ptr *value) bool { return m.saneResult(ptr) }

func (m *machine) saneResult(ptr *value) bool {
	if m.rules.joinedWords {
		return m.saneOffset(ptr)
	}
	n := &ptr.num
	switch {
	case n.IsConst() && outOfReach(int64(n.Tnum.Value)):
		m.say("math between %s pointer and %d is not allowed", ptr.name(), int64(n.Tnum.Value))
	case outOfReach(int64(ptr.off)):
		m.say("%s pointer offset %d is not allowed", ptr.name(), ptr.off)
	case n.SMin == -1<<63:
		m.say("math between %s pointer and register with unbounded min value is not allowed", ptr.name())
	case outOfReach(n.SMin):
		m.say("value %d makes %s pointer be out of bounds", n.SMin, ptr.name())
	default:
		return true
	}
	return false
}

// saneOffset is saneResult where constant and variable offset are one number.
func (m *machine) saneOffset(ptr *value) bool {
	lo, hi := ptr.num.SMin+int64(ptr.off), ptr.num.SMax+int64(ptr.off)
	if overflows := lo < ptr.num.SMin != (ptr.off < 0) || hi < ptr.num.SMax != (ptr.off < 0); overflows && ptr.off != 0 {
		lo = -1 << 63
	}
	if !outOfReach(lo) {
		return true
	}
	m.say("%s pointer offset %d is not allowed", ptr.name(), lo)
	return false
}

func outOfReach(off int64) bool { return off >= maxOffset || off <= -maxOffset }

// boundUnprivileged keeps pointers of programs without CAP_PERFMON inside of
// what they point to, since a mispredicted branch could skip a later check.
func (m *machine) boundUnprivileged(in *instr, dst *value) outcome {
	if m.rules.specV1 {
		return next
	}
	switch dst.kind {
	case kindStack:
		if !dst.num.IsConst() {
			at := m.joined(dst)
			return m.fail("EACCES", "R%d variable stack access prohibited for !root, var_off=%s off=%d", in.Dst(), m.bits(&at), dst.off)
		}
		off := int64(dst.off) + int64(dst.num.Tnum.Value)
		if off >= 0 || off < -512 {
			return m.fail("EACCES", "R%d stack pointer arithmetic goes out of range, prohibited for !root; off=%d", in.Dst(), off)
		}
	case kindMapValue:
		if !m.inMapValue(in.Dst(), dst, 0, 1, false, true) {
			return m.fail("EACCES", "R%d pointer arithmetic of map value goes out of range, prohibited for !root", in.Dst())
		}
	}
	return next
}
