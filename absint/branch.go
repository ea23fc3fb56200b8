package absint

import (
	"github.com/bpflint/bpflint/absint/precision"
	"github.com/bpflint/bpflint/absint/scalar"
)

func (m *machine) stepJump(in *instr) outcome {
	m.jumps++
	m.cur.insn = in.to
	return jumped
}

func (m *machine) stepBranch(in *instr) outcome {
	m.jumps++
	if !m.readable(in.Dst()) {
		return failed
	}
	if in.bad != "" {
		return m.fail("EINVAL", "%s", in.bad)
	}
	dst := m.reg(in.Dst())
	operand := constant(in.imm)
	src := &operand
	if in.hasSrc() {
		if !m.readable(in.Src()) {
			return failed
		}
		src = m.reg(in.Src())
		if !(dst.kind.isAnyPacket() && src.kind.isAnyPacket()) && m.secret(src) {
			return m.fail("EACCES", "R%d pointer comparison prohibited", in.Src())
		}
	}
	m.recordStackOperands(in, dst, src)
	if way := m.decide(in, dst, src); way != scalar.Either {
		return m.follow(in, dst, src, way)
	}
	return m.split(in, dst, src)
}

// recordStackOperands notes which operands are stack pointers: they are exact
// anyway and must not be asked for as scalars.
func (m *machine) recordStackOperands(in *instr, dst, src *value) {
	var f precision.Flags
	if dst.kind == kindStack {
		f |= precision.DstStack
	}
	if in.hasSrc() && src.kind == kindStack {
		f |= precision.SrcStack
	}
	if f != 0 {
		m.record(f, 0, 0)
	}
}

// decide tells whether only one side of a jump can be taken.
func (m *machine) decide(in *instr, dst, src *value) scalar.Decision {
	cond, is32 := scalar.CondOf(in.Insn), !in.is64()
	if dst.kind == kindScalar && src.kind == kindScalar {
		return scalar.Branch(cond, is32, &dst.num, &src.num, m.num)
	}
	if !is32 && dst.kind.isAnyPacket() && src.kind.isAnyPacket() {
		return decidePacket(cond, dst, src)
	}
	if !src.isConst() {
		dst, src = src, dst
	}
	if !src.isNull() || !m.notNull(dst) {
		return scalar.Either
	}
	switch cond {
	case scalar.Eq:
		return scalar.Never
	case scalar.Ne:
		return scalar.Always
	}
	return scalar.Either
}

// notNull reports whether a pointer is known not to be null, as far as the
// verifier relies on it.
func (m *machine) notNull(v *value) bool {
	if v.mayNull() {
		return false
	}
	switch v.kind {
	case kindSocket, kindTCPSock, kindMapValue, kindMapKey, kindSockCommon, kindConstMap:
		return true
	case kindMem:
		return v.flags&flagUntrusted == 0
	case kindBTF:
		return m.rules.trust && v.isTrusted()
	}
	return false
}

// follow takes the only side that can be taken. That it is the only one
// depends on the operands' values.
func (m *machine) follow(in *instr, dst, src *value, way scalar.Decision) outcome {
	if dst.kind == kindScalar {
		m.needReg(in.Dst())
	}
	if in.hasSrc() && src.kind == kindScalar {
		m.needReg(in.Src())
	}
	if !m.mispredict(in, way) {
		return failed
	}
	if way == scalar.Never {
		return next
	}
	m.cur.insn = in.to
	return jumped
}

// split queues the side that jumps and goes on with the other.
func (m *machine) split(in *instr, dst, src *value) outcome {
	cond, is32 := scalar.CondOf(in.Insn), !in.is64()
	m.linked.reset()
	if in.hasSrc() {
		m.collectLinked(src)
	}
	m.collectLinked(dst)
	m.recordLinked()

	taken := m.fork(in.to)
	if taken == nil {
		return failed
	}
	takenSrc := *src
	tdst, tsrc := &taken.top().regs[in.Dst()], &takenSrc
	if in.hasSrc() {
		tsrc = &taken.top().regs[in.Src()]
	}
	if dst.kind == kindScalar && src.kind == kindScalar {
		scalar.Refine(cond, is32, true, &tdst.num, &tsrc.num, m.num)
		scalar.Refine(cond, is32, false, &dst.num, &src.num, m.num)
	}
	if in.hasSrc() {
		m.syncLinked(&m.cur, src)
		m.syncLinked(taken, tsrc)
	}
	m.syncLinked(&m.cur, dst)
	m.syncLinked(taken, tdst)
	if is32 {
		return m.comparedPointer(in, dst)
	}
	if in.hasSrc() {
		m.equalPointers(cond, dst, src, tdst, tsrc)
	}
	if (cond == scalar.Eq || cond == scalar.Ne) && dst.mayNull() && m.withNull(in, src) {
		m.nullChecked(&m.cur, in.Dst(), cond == scalar.Ne)
		m.nullChecked(taken, in.Dst(), cond == scalar.Eq)
		return next
	}
	if in.hasSrc() && m.comparePacket(cond, in, taken) {
		return next
	}
	return m.comparedPointer(in, dst)
}

// withNull reports whether a comparison is one with null. That a register holds
// null has to be known on every path that comes here.
func (m *machine) withNull(in *instr, src *value) bool {
	if !in.hasSrc() {
		return in.imm == 0
	}
	if !m.rules.nullRegs || !src.isNull() {
		return false
	}
	m.needReg(in.Src())
	return true
}

func (m *machine) comparedPointer(in *instr, dst *value) outcome {
	if m.secret(dst) {
		return m.fail("EACCES", "R%d pointer comparison prohibited", in.Dst())
	}
	return next
}

// equalPointers: a pointer that equals one that is not null is not null.
func (m *machine) equalPointers(cond scalar.Cond, dst, src, tdst, tsrc *value) {
	if !m.rules.equalPointers || dst.kind <= kindScalar || src.kind <= kindScalar || dst.kind == kindBTF || src.kind == kindBTF {
		return
	}
	switch cond {
	case scalar.Eq:
		dst, src = tdst, tsrc
	case scalar.Ne:
	default:
		return
	}
	dstMayNull, srcMayNull := dst.mayNull(), src.mayNull()
	if srcMayNull && !dstMayNull {
		m.setNotNull(src)
	} else if dstMayNull && !srcMayNull {
		m.setNotNull(dst)
	}
}

// nullChecked applies the outcome of a null check to all copies of a pointer.
func (m *machine) nullChecked(s *state, r uint8, isNull bool) {
	v := s.top().regs[r]
	if isNull && v.ref != 0 && v.ref == v.id {
		m.releaseIn(s, v.id, false)
	}
	m.eachValue(s,
		func(o *value) bool { return o.mayNull() && o.id == v.id },
		func(o *value) {
			if isNull {
				*o = constant(0)
				return
			}
			m.setNotNull(o)
			if !m.mayHoldLock(o) {
				o.id = 0
			}
		})
}

// setNotNull turns a pointer that may be null into one that is not. What a
// lookup in a map of maps or of sockets returned gets its real type here.
func (m *machine) setNotNull(v *value) {
	v.flags &^= flagMaybeNull
	if v.kind != kindMapValue {
		return
	}
	info := &m.maps[v.mapi]
	switch {
	case info.inner >= 0:
		v.kind, v.mapi = kindConstMap, info.inner
		v.uid = 0
		if m.maps[info.inner].hasTimer() {
			v.uid = v.id
		}
	case info.holdsXDPSockets():
		v.kind, v.mapi = kindXDPSock, -1
	case info.holdsSockets():
		v.kind, v.mapi = kindSocket, -1
	}
}

// decidePacket decides a comparison with the end of the packet that was made
// before.
func decidePacket(cond scalar.Cond, a, b *value) scalar.Decision {
	switch {
	case b.kind == kindPacketEnd:
	case a.kind == kindPacketEnd:
		a, cond = b, cond.Flip()
	default:
		return scalar.Either
	}
	if a.rng >= 0 {
		return scalar.Either
	}
	switch {
	case cond == scalar.Gt && a.rng == rangeBeyondEnd, cond == scalar.Ge:
		return scalar.Always
	case cond == scalar.Le && a.rng == rangeBeyondEnd, cond == scalar.Lt:
		return scalar.Never
	}
	return scalar.Either
}

// comparePacket learns how many bytes lie behind packet pointers from a
// comparison with the end, or of metadata with the packet's start. It reports
// false when it is no such comparison.
func (m *machine) comparePacket(cond scalar.Cond, in *instr, taken *state) bool {
	r, p, end := in.Dst(), m.reg(in.Dst()), m.reg(in.Src())
	if !bounds(p, end) {
		if !bounds(end, p) {
			return false
		}
		r, p, cond = in.Src(), end, cond.Flip()
	}
	inside, outside := &m.cur, taken
	switch cond {
	case scalar.Gt, scalar.Ge:
	case scalar.Lt, scalar.Le:
		inside, outside = taken, &m.cur
	default:
		return false
	}
	// With p > end and p <= end the inside is p <= end; otherwise it is
	// p < end, which says that one more byte exists.
	open := cond == scalar.Ge || cond == scalar.Lt
	ptr := *p
	m.extendRange(inside, &ptr, open)
	if o := &outside.top().regs[r]; o.kind == kindPacket {
		o.rng = rangeBeyondEnd
		if open {
			o.rng = rangeAtEnd
		}
	}
	return true
}

// bounds reports whether end limits what lies behind p.
func bounds(p, end *value) bool {
	switch p.kind {
	case kindPacket:
		return end.kind == kindPacketEnd
	case kindPacketMeta:
		return end.kind == kindPacket && end.id == 0 && end.off == 0 && end.num.IsConst() && end.num.Tnum.Value == 0
	}
	return false
}

// maxPacketOffset bounds the offsets for which a comparison tells anything.
const maxPacketOffset = 0xffff

// extendRange notes that all bytes before p exist.
func (m *machine) extendRange(s *state, p *value, open bool) {
	if p.off < 0 || p.off == 0 && open ||
		p.num.UMax > maxPacketOffset || p.num.UMax+uint64(p.off) > maxPacketOffset {
		return
	}
	size := p.off
	if open {
		size++
	}
	m.eachValue(s,
		func(v *value) bool { return v.kind == p.kind && v.id == p.id && v.rng < size },
		func(v *value) { v.rng = size })
}
