package scalar

import (
	"math"
	"strconv"

	"github.com/bpflint/bpflint/absint/tnum"
)

// Label is what a register's text says of it besides its value.
type Label struct {
	ID      uint32 // by which the kernel links scalars; 0 for none
	Delta   int32  // the distance from the value that the ID stands for
	Shifted bool   // there is a Delta
	Precise bool
}

// AppendTo appends the value as the kernel's log shows a scalar register: a
// number, or what is known in parentheses.
func (v *Value) AppendTo(b []byte, label Label, r *Rules) []byte {
	if !r.PlainNames {
		b = append(b, "inv"...)
	}
	if label.Precise {
		b = append(b, 'P')
	}
	if v.IsConst() {
		return AppendSigned(b, int64(v.Tnum.Value), r)
	}
	if r.PlainNames {
		b = append(b, "scalar"...)
	}
	b = append(b, '(')
	bare := label.ID == 0 && r.PlainNames
	if !bare {
		b = label.appendID(b)
	}
	return append(v.AppendKnown(b, bare, r), ')')
}

func (l Label) appendID(b []byte) []byte {
	b = append(b, "id="...)
	b = strconv.AppendUint(b, uint64(l.ID), 10)
	if l.Shifted {
		if l.Delta >= 0 {
			b = append(b, '+')
		}
		b = strconv.AppendInt(b, int64(l.Delta), 10)
	}
	return b
}

// Format returns what AppendTo appends.
func (v *Value) Format(label Label, r *Rules) string { return string(v.AppendTo(nil, label, r)) }

// AppendKnown appends what is known of a value that is not a constant, such as
// "smin=0,smax=umax=255,var_off=(0x0; 0xff)"; it is also part of how pointers
// with a variable offset are shown. The first attribute of a list goes without
// a comma before it.
func (v *Value) AppendKnown(b []byte, first bool, r *Rules) []byte {
	l := list{b, first}
	if r.JoinedBounds {
		v.appendJoined(&l, r)
		v.appendBits(&l, r)
		return l.b
	}
	v.appendWide(&l, r)
	v.appendBits(&l, r)
	v.appendLow(&l, r)
	return l.b
}

// list is a comma-separated list of attributes under construction.
type list struct {
	b     []byte
	first bool
}

func (l *list) name(s string) {
	if !l.first {
		l.b = append(l.b, ',')
	}
	l.first = false
	l.b = append(l.b, s...)
	l.b = append(l.b, '=')
}

func (l *list) signed(name string, n int64) {
	l.name(name)
	l.b = strconv.AppendInt(l.b, n, 10)
}

func (l *list) unsigned(name string, n uint64) {
	l.name(name)
	l.b = strconv.AppendUint(l.b, n, 10)
}

func (v *Value) appendBits(l *list, r *Rules) {
	if v.Tnum.IsUnknown() {
		return
	}
	l.name("var_off")
	l.b = AppendTnum(l.b, v.Tnum, r)
}

// boundNames are the names of the bounds before they were joined, in the order
// smin, smax, umin, umax of the word, then of its lower half.
var boundNames = [2][8]string{
	{"smin", "smax", "umin", "umax", "s32_min", "s32_max", "u32_min", "u32_max"},
	{"smin_value", "smax_value", "umin_value", "umax_value",
		"s32_min_value", "s32_max_value", "u32_min_value", "u32_max_value"},
}

func oldNames(r *Rules) *[8]string {
	if !r.PlainNames {
		return &boundNames[1]
	}
	return &boundNames[0]
}

// appendWide and appendLow leave out a bound that says nothing or that says what
// another already did.
func (v *Value) appendWide(l *list, r *Rules) {
	names := oldNames(r)
	if v.SMin != int64(v.UMin) && v.SMin != math.MinInt64 {
		l.signed(names[0], v.SMin)
	}
	if v.SMax != int64(v.UMax) && v.SMax != math.MaxInt64 {
		l.signed(names[1], v.SMax)
	}
	if v.UMin != 0 {
		l.unsigned(names[2], v.UMin)
	}
	if v.UMax != math.MaxUint64 {
		l.unsigned(names[3], v.UMax)
	}
}

func (v *Value) appendLow(l *list, r *Rules) {
	names, low := oldNames(r), &v.Low
	if int64(low.SMin) != v.SMin && low.SMin != math.MinInt32 {
		l.signed(names[4], int64(low.SMin))
	}
	if int64(low.SMax) != v.SMax && low.SMax != math.MaxInt32 {
		l.signed(names[5], int64(low.SMax))
	}
	// The kernel prints these as signed numbers.
	if uint64(low.UMin) != v.UMin && low.UMin != 0 {
		l.signed(names[6], int64(int32(low.UMin)))
	}
	if uint64(low.UMax) != v.UMax && low.UMax != math.MaxUint32 {
		l.signed(names[7], int64(int32(low.UMax)))
	}
}

// shown is a bound as the log shows it.
type shown struct {
	name   string
	bits   uint64
	signed bool
	omit   bool
}

// appendJoined names bounds of the same value together: "smax=umax=255".
func (v *Value) appendJoined(l *list, r *Rules) {
	low := &v.Low
	bounds := [8]shown{
		{"smin", uint64(v.SMin), true, v.SMin == math.MinInt64},
		{"smax", uint64(v.SMax), true, v.SMax == math.MaxInt64},
		{"umin", v.UMin, false, v.UMin == 0},
		{"umax", v.UMax, false, v.UMax == math.MaxUint64},
		{"smin32", shownLow(low.SMin), true, low.SMin == math.MinInt32},
		{"smax32", shownLow(low.SMax), true, low.SMax == math.MaxInt32},
		{"umin32", uint64(low.UMin), false, low.UMin == 0},
		{"umax32", uint64(low.UMax), false, low.UMax == math.MaxUint32},
	}
	for i := range bounds {
		if bounds[i].omit {
			continue
		}
		l.name(bounds[i].name)
		for j := i + 2; j < len(bounds); j += 2 {
			if !bounds[j].omit && bounds[j].bits == bounds[i].bits && bounds[j].negative() == bounds[i].negative() {
				bounds[j].omit = true
				l.b = append(append(l.b, bounds[j].name...), '=')
			}
		}
		if bounds[i].signed {
			l.b = AppendSigned(l.b, int64(bounds[i].bits), r)
		} else {
			l.b = AppendUnsigned(l.b, bounds[i].bits)
		}
	}
}

func (s *shown) negative() bool { return s.signed && int64(s.bits) < 0 }

// shownLow keeps the sign of a bound that is shown in decimal; one that is shown
// in hexadecimal has eight digits.
func shownLow(n int32) uint64 {
	if isDecimal(int64(n)) {
		return uint64(int64(n))
	}
	return uint64(uint32(n))
}

// Numbers of at most 16 bits are shown in decimal, others in hexadecimal.
func isDecimal(n int64) bool { return n >= math.MinInt16 && n <= math.MaxInt16 }

// AppendSigned appends a number the way the kernel's log shows signed ones.
func AppendSigned(b []byte, n int64, r *Rules) []byte {
	if r.JoinedBounds && !isDecimal(n) {
		return appendHex(b, uint64(n))
	}
	return strconv.AppendInt(b, n, 10)
}

// AppendUnsigned appends a number the way the kernel's log shows unsigned ones
// since Linux 6.8.
func AppendUnsigned(b []byte, n uint64) []byte {
	if n > math.MaxUint16 {
		return appendHex(b, n)
	}
	return strconv.AppendUint(b, n, 10)
}

// AppendTnum appends bits the way the kernel's log shows them.
func AppendTnum(b []byte, t tnum.Tnum, r *Rules) []byte {
	switch {
	case !r.JoinedBounds || !t.IsConst():
		return t.AppendTo(b)
	case t.Value <= math.MaxUint16:
		return strconv.AppendUint(b, t.Value, 10)
	case r.SignedConstBits && isDecimal(int64(t.Value)):
		return strconv.AppendInt(b, int64(t.Value), 10)
	}
	return appendHex(b, t.Value)
}

func appendHex(b []byte, n uint64) []byte {
	return strconv.AppendUint(append(b, "0x"...), n, 16)
}
