package vlog

import (
	"strconv"
	"strings"
)

// State is a set of registers and stack slots of one frame as a line of the log
// shows them.
type State struct {
	Frame int // 0 for the main program's
	Regs  []Reg
	Stack []Slot
}

// Reg is what the log says of one register.
type Reg struct {
	Num   int
	Marks string // "w": written, "r": read, "D": done, as the kernel tracks liveness
	Value
}

// Slot is what the log says of eight bytes of the stack. Linux 6.1 says nothing
// of a spilled number of which nothing is known: then both parts are empty.
type Slot struct {
	Off   int // from the frame pointer, -8 for the first
	Marks string
	// Bytes tells each byte that holds no spilled register, the one at the
	// highest address first: "?" never written, "m" written, "0" zero, "d"
	// dynptr, "i" iterator.
	Bytes string
	Value // of the register that is spilled there
}

// Value is what the log says of a value. Bounds that are not printed are those
// that the printed ones imply; what implies what differs between kernels.
type Value struct {
	// Type is as the kernel calls it: "scalar" (also for what kernels before
	// 5.18 call inv), "ctx", "map_value", "ptr_task_struct", "fp".
	Type    string
	Precise bool // the verifier must know it exactly ("P")
	Known   bool // a constant, or a pointer with a constant offset
	Const   int64
	// Attrs are the printed attributes in their order: "id", "off", "smin",
	// "umax32", "var_off", "r", "ks".
	Attrs []Attr
	// Raw is the value as it stands in the log.
	Raw string
}

// Attr is one attribute of a value.
type Attr struct{ Name, Value string }

// Attr returns an attribute's text, "" when it is not printed.
func (v *Value) Attr(name string) string {
	for _, a := range v.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Int returns an attribute as a number; unsigned 64-bit values keep their bits.
func (v *Value) Int(name string) (n int64, ok bool) { return parseNumber(v.Attr(name)) }

// VarOff returns the bits that are known of the value, "var_off=(0x10; 0x3)".
func (v *Value) VarOff() (value, mask uint64, ok bool) {
	text := strings.TrimSuffix(strings.TrimPrefix(v.Attr("var_off"), "("), ")")
	a, b, found := strings.Cut(text, "; ")
	if !found {
		return 0, 0, false
	}
	value, err1 := strconv.ParseUint(a, 0, 64)
	mask, err2 := strconv.ParseUint(b, 0, 64)
	return value, mask, err1 == nil && err2 == nil
}

func parseNumber(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return int64(n), err == nil
}

// parse reads "frame1: R0_w=0 R1=ctx() fp-8=mmmm????". Words that it does not
// know, such as "refs=2" and "cb", are skipped.
func (s *State) parse(text string) {
	if frame, rest, ok := cutFrame(text); ok {
		s.Frame, text = frame, rest
	}
	for text != "" {
		var word string
		word, text = cutWord(text)
		name, raw, ok := strings.Cut(word, "=")
		if !ok {
			continue
		}
		name, marks, _ := strings.Cut(name, "_")
		switch {
		case strings.HasPrefix(name, "R"):
			if n, rest, ok := cutNumber(name[1:]); ok && rest == "" {
				s.Regs = append(s.Regs, Reg{Num: n, Marks: marks, Value: parseValue(raw)})
			}
		case strings.HasPrefix(name, "fp-"):
			if n, rest, ok := cutNumber(name[3:]); ok && rest == "" {
				s.addSlot(-n, marks, raw)
			}
		}
	}
}

func (s *State) addSlot(off int, marks, raw string) {
	slot := Slot{Off: off, Marks: marks}
	n := leadingBytes(raw)
	slot.Bytes, raw = raw[:n], raw[n:]
	if raw != "" {
		slot.Value = parseValue(raw)
	}
	s.Stack = append(s.Stack, slot)
}

// leadingBytes counts the letters that tell the bytes of a slot: eight when
// nothing is spilled there, else those above a spilled half, quarter or byte.
// Numbers do not begin with so many zeros.
func leadingBytes(raw string) int {
	run := len(raw) - len(strings.TrimLeft(raw, "?rm0dif"))
	for _, n := range []int{8, 7, 6, 4} {
		if run >= n && (n == 8 || len(raw) > n) {
			return n
		}
	}
	return 0
}

// cutWord splits off the first word; blanks within parentheses belong to it.
func cutWord(text string) (word, rest string) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ' ':
			if depth <= 0 {
				return text[:i], strings.TrimLeft(text[i:], " ")
			}
		}
	}
	return text, ""
}

// parseValue reads the value of a register. Examples, of one thing each:
//
//	inv5  invP5  5  P5  0xffff              constants
//	inv(id=0,umax_value=9)  scalar(umax=9)  other numbers
//	ctx(id=0,off=0,imm=0)  ctx()  fp-8  map_value(map=m,ks=4,vs=8)
func parseValue(raw string) Value {
	v := Value{Raw: raw}
	head, attrs, _ := strings.Cut(raw, "(")
	v.parseAttrs(strings.TrimSuffix(attrs, ")"))
	if rest, ok := strings.CutPrefix(head, "inv"); ok {
		v.Type, head = "scalar", rest
	}
	head, v.Precise = strings.CutPrefix(head, "P")
	if n, ok := parseNumber(head); ok {
		v.Type, v.Known, v.Const = "scalar", true, n
		return v
	}
	if rest, ok := strings.CutPrefix(head, "fp"); ok && (rest == "" || rest[0] == '-' || digit(rest[0])) {
		v.Type = "fp"
		v.Const, v.Known = parseNumber(rest)
		return v
	}
	if head != "" {
		v.Type = head
	}
	return v
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// parseAttrs reads "id=1,smin=smin32=-5,var_off=(0x0; 0xff)". Since 6.8 bounds
// that are equal share their value.
func (v *Value) parseAttrs(text string) {
	var pending []string
	for text != "" {
		var item string
		item, text = cutItem(text)
		at := strings.LastIndex(cutParen(item), "=")
		if at < 0 {
			continue
		}
		pending = append(pending[:0], strings.Split(item[:at], "=")...)
		for _, name := range pending {
			v.Attrs = append(v.Attrs, Attr{attrName(name), item[at+1:]})
		}
	}
}

// cutItem splits at the first comma outside of parentheses.
func cutItem(text string) (item, rest string) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				return text[:i], text[i+1:]
			}
		}
	}
	return text, ""
}

// cutParen returns what stands before the first parenthesis.
func cutParen(item string) string {
	head, _, _ := strings.Cut(item, "(")
	return head
}

// attrName gives the names that are used since 5.18 to older ones:
// "umax_value", "s32_min_value".
func attrName(name string) string {
	short, ok := strings.CutSuffix(name, "_value")
	if !ok {
		return name
	}
	if rest, ok := strings.CutPrefix(short, "s32_"); ok {
		return "s" + rest + "32"
	}
	if rest, ok := strings.CutPrefix(short, "u32_"); ok {
		return "u" + rest + "32"
	}
	return short
}
