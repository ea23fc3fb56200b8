package absint

import (
	"strconv"

	"github.com/bpflint/bpflint/absint/scalar"
)

// touched says which registers and stack slots of a frame are printed.
type touched struct {
	regs  uint16
	slots uint64
}

// all prints what is known, and leaves out what was never written.
var all = touched{1<<16 - 1, 1<<64 - 1}

func (m *machine) appendFromTo(b []byte, at int32) []byte {
	b = strconv.AppendInt(append(b, "from "...), int64(m.cur.prev), 10)
	b = strconv.AppendInt(append(b, " to "...), int64(at), 10)
	if m.cur.speculative {
		b = append(b, " (speculative execution)"...)
	}
	return b
}

// byteLetters are what the kernel's log shows for bytes of the stack.
var byteLetters = [...]byte{byteInvalid: '?', byteSpill: 'r', byteMisc: 'm', byteZero: '0', byteIter: 'i', byteDynptr: 'd', byteIRQ: 'f'}

// appendFrame writes a frame as the kernel's log does.
func (m *machine) appendFrame(b []byte, s *state, i int32, t touched) []byte {
	f := s.frames[i]
	if i > 0 {
		b = strconv.AppendInt(append(b, " frame"...), int64(i), 10)
		b = append(b, ':')
	}
	for r := range f.regs {
		if f.regs[r].kind == kindNone || t.regs&(1<<r) == 0 {
			continue
		}
		b = strconv.AppendInt(append(b, " R"...), int64(r), 10)
		b = m.appendValue(append(b, '='), &f.regs[r], i, f.preciseRegs&(1<<r) != 0)
	}
	for n := range f.stack.slots {
		if f.stack.slots[n].bytes == emptySlot.bytes || t.slots&(1<<n) == 0 {
			continue
		}
		b = strconv.AppendInt(append(b, " fp-"...), int64(8*(n+1)), 10)
		b = m.appendSlot(append(b, '='), &f.stack.slots[n], i, f.preciseSlots&(1<<n) != 0)
	}
	for n := range s.refs[:s.nrefs] {
		if n == 0 {
			b = append(b, " refs="...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(s.refs[n].id), 10)
	}
	switch f.role {
	case roleSync:
		b = append(b, " cb"...)
	case roleAsync:
		b = append(b, " async_cb"...)
	}
	return b
}

func (m *machine) appendSlot(b []byte, s *slot, frame int32, precise bool) []byte {
	for _, k := range s.bytes {
		if k == byteSpill && s.isSpill() {
			return m.appendValue(b, &s.spill, frame, precise)
		}
		b = append(b, byteLetters[k])
	}
	return b
}

// attributes builds the comma-separated list of what is known about a pointer.
type attributes struct {
	b     []byte
	comma bool
}

func (a *attributes) name(s string) {
	if a.comma {
		a.b = append(a.b, ',')
	}
	a.comma = true
	a.b = append(append(a.b, s...), '=')
}

func (a *attributes) number(name string, n uint64) {
	a.name(name)
	a.b = strconv.AppendUint(a.b, n, 10)
}

func (m *machine) appendValue(b []byte, v *value, frame int32, precise bool) []byte {
	if v.kind == kindScalar {
		return v.num.AppendTo(b, scalar.Label{ID: v.id, Delta: v.off, Shifted: v.link != linkSame, Precise: precise}, m.num)
	}
	b = append(b, v.name()...)
	if v.kind == kindBTF {
		b = append(b, m.nameOf(v.typ())...)
	}
	if v.kind == kindStack {
		if int32(v.frame) != frame {
			b = strconv.AppendInt(append(b, '['), int64(v.frame), 10)
			b = append(b, ']')
		}
		if v.num.IsConst() {
			return strconv.AppendInt(b, int64(v.num.Tnum.Value)+int64(v.off), 10)
		}
	}
	a := attributes{b: append(b, '(')}
	if v.id != 0 {
		a.number("id", uint64(v.id))
	}
	if v.ref != 0 {
		a.number("ref_obj_id", uint64(v.ref))
	}
	if v.mapi >= 0 {
		info := &m.maps[v.mapi]
		if info.Name != "" {
			a.name("map")
			a.b = append(a.b, info.Name...)
		}
		a.number("ks", uint64(info.keySize))
		a.number("vs", uint64(info.valueSize))
	}
	if v.off != 0 {
		a.name("off")
		a.b = scalar.AppendSigned(a.b, int64(v.off), m.num)
	}
	if v.kind.isPacket() {
		a.name("r")
		a.b = scalar.AppendUnsigned(a.b, uint64(v.rng))
	}
	if v.kind == kindMem {
		a.number("sz", uint64(v.size))
	}
	if !v.num.IsConst() {
		a.b = v.num.AppendKnown(a.b, !a.comma, m.num)
	} else if v.num.Tnum.Value != 0 {
		a.name("imm")
		a.b = scalar.AppendSigned(a.b, int64(v.num.Tnum.Value), m.num)
	}
	return append(a.b, ')')
}
