package btf

import (
	"fmt"

	"github.com/bpflint/bpflint/internal/linux"
)

// maxType is the greatest type ID, and the number of types a blob can have.
const maxType = 0xfffff

// rule is one thing that must not be said of a record.
type rule struct {
	broken func(c *checker, t *record) bool
	text   string // in the log, behind the description of the type
}

var (
	noElements = rule{func(c *checker, t *record) bool { return c.vlen(t) != 0 }, "vlen != 0"}
	noFlag     = rule{func(_ *checker, t *record) bool { return t.flag() }, "Invalid btf_info kind_flag"}
	noName     = rule{func(_ *checker, t *record) bool { return t.name != 0 }, "Invalid name"}
	goodID     = rule{func(_ *checker, t *record) bool { return t.val > maxType }, "Invalid type_id"}
	notVoid    = rule{func(_ *checker, t *record) bool { return t.val == 0 || t.val > maxType }, "Invalid type_id"}
	flagOfTag  = rule{func(c *checker, t *record) bool { return t.flag() && !c.has(linux.BTFTagFlag) }, "Invalid btf_info kind_flag"}
	flagOfEnum = rule{func(c *checker, t *record) bool { return t.flag() && !c.has(linux.BTFEnum64) }, "Invalid btf_info kind_flag"}
	aName      = rule{func(c *checker, t *record) bool { return !c.identifier(t.name) }, "Invalid name"}
	nameOrNone = rule{func(c *checker, t *record) bool { return t.name != 0 && !c.identifier(t.name) }, "Invalid name"}
	anyName    = rule{func(c *checker, t *record) bool { return len(c.name(t.name)) == 0 }, "Invalid name"}
	enumSize   = rule{func(_ *checker, t *record) bool { return t.val > 8 || t.val&(t.val-1) != 0 || t.val == 0 }, "Unexpected size"}
)

// rules of each kind, in the order in which kernels check them.
var rules = [kindCount][]rule{
	KindInt:      {noElements, noFlag},
	KindPointer:  {noElements, noFlag, goodID, noName},
	KindVolatile: {noElements, noFlag, goodID, noName},
	KindConst:    {noElements, noFlag, goodID, noName},
	KindRestrict: {noElements, noFlag, goodID, noName},
	KindTypedef:  {noElements, noFlag, goodID, aName},
	KindTypeTag:  {noElements, flagOfTag, goodID, anyName},
	KindArray: {noName, noElements, noFlag,
		{func(_ *checker, t *record) bool { return t.val != 0 }, "size != 0"},
		{func(c *checker, t *record) bool { e := c.array(t).elem; return e == 0 || e > maxType }, "Invalid elem"},
		{func(c *checker, t *record) bool { i := c.array(t).index; return i == 0 || i > maxType }, "Invalid index"}},
	KindStruct:    {nameOrNone},
	KindUnion:     {nameOrNone},
	KindEnum:      {flagOfEnum, enumSize, nameOrNone},
	KindEnum64:    {enumSize, nameOrNone},
	KindForward:   {noElements, {func(_ *checker, t *record) bool { return t.val != 0 }, "type != 0"}, aName},
	KindFunc:      {aName, {func(c *checker, t *record) bool { return c.vlen(t) > 1 }, "Invalid func linkage"}, noFlag},
	KindFuncProto: {noName, noFlag},
	KindVar: {noElements, noFlag, aName, notVoid,
		{func(c *checker, t *record) bool { return c.word(t.body) > 1 }, "Linkage not supported"}},
	KindDatasec: {{func(c *checker, t *record) bool { return c.vlen(t) == 0 && !c.has(linux.BTFEmptySections) }, "vlen == 0"},
		{func(_ *checker, t *record) bool { return t.val == 0 }, "size == 0"}, noFlag,
		{func(c *checker, t *record) bool { return !c.validSection(t.name) }, "Invalid name"}},
	KindFloat: {noElements, noFlag, {func(_ *checker, t *record) bool { return !floatSize(t.val) }, "Invalid type_size"}},
	KindDeclTag: {{func(c *checker, t *record) bool { return len(c.name(t.name)) == 0 }, "Invalid value"},
		noElements, flagOfTag,
		{func(c *checker, t *record) bool { return int32(c.word(t.body)) < -1 }, "Invalid component_idx"}},
}

func floatSize(n uint32) bool { return n == 2 || n == 4 || n == 8 || n == 12 || n == 16 }

func (c *checker) validSection(off uint32) bool {
	if c.has(linux.BTFPrintableSections) {
		return c.printableName(off)
	}
	return c.identifier(off)
}

// contents checks what follows a record.
var contents = [kindCount]func(c *checker, t *record) *Refusal{
	KindInt:     checkInteger,
	KindStruct:  checkMembers,
	KindUnion:   checkMembers,
	KindEnum:    checkValues,
	KindEnum64:  checkValues,
	KindDatasec: checkVariables,
}

// checkRecords checks each type by itself and finds where it starts. What it
// refers to may still not exist.
func (c *checker) checkRecords() *Refusal {
	c.starts = append(make([]uint32, 0, 1+len(c.types)/16), 0)
	for at, end := uint32(0), uint32(len(c.types)); at < end; {
		size, r := c.checkRecord(at, end-at)
		if r != nil {
			return r
		}
		if c.count() == maxType {
			return &Refusal{Errno: e2big, Message: "Exceeded max num of types"}
		}
		c.starts = append(c.starts, at)
		at += size
	}
	return nil
}

// checkRecord checks the record at an offset of the section, of which so many
// bytes are left, and returns its length.
func (c *checker) checkRecord(at, left uint32) (uint32, *Refusal) {
	id := c.count()
	if left < typeSize {
		return 0, said("[%d] meta_left:%d meta_needed:%d", id, left, typeSize)
	}
	c.current = c.decode(id, at)
	t := &c.current
	k := c.kind(t)
	switch {
	case t.info&^c.infoMask != 0:
		return 0, said("[%d] Invalid btf_info:%x", id, t.info)
	case k > c.lastKind || k == KindVoid:
		return 0, said("[%d] Invalid kind:%d", id, k)
	case !c.inStrings(t.name):
		return 0, said("[%d] Invalid name_offset:%d", id, t.name)
	}
	e := entries[k]
	needed := uint64(e.fixed) + uint64(e.each)*uint64(c.vlen(t))
	if left -= typeSize; uint64(left) < needed {
		return 0, c.refuseBare(t, fmt.Sprintf("meta_left:%d meta_needed:%d", left, needed))
	}
	for i := range rules[k] {
		if rules[k][i].broken(c, t) {
			return 0, c.refuse(t, rules[k][i].text)
		}
	}
	if check := contents[k]; check != nil {
		if r := check(c, t); r != nil {
			return 0, r
		}
	}
	return typeSize + uint32(needed), nil
}

func checkInteger(c *checker, t *record) *Refusal {
	i := c.integer(t)
	switch end := i.offset + i.bits; {
	case c.word(t.body)>>28 != 0:
		return c.refuseBare(t, fmt.Sprintf("Invalid int_data:%x", c.word(t.body)))
	case end > 128:
		return c.refuse(t, "nr_bits exceeds 128")
	case bytesOf(end) > t.val:
		return c.refuse(t, "nr_bits exceeds type_size")
	}
	switch i.encoding {
	case 0, intSigned, intChar, intBool:
		return nil
	}
	r := c.refuse(t, "Unsupported encoding")
	r.Errno = enotsup
	return r
}

func checkMembers(c *checker, t *record) *Refusal {
	last := uint32(0)
	for i := range c.vlen(t) {
		m := c.member(t, i)
		if text := c.memberText(t, &m, last); text != "" {
			return said("%s %s", c.describeMember(t, &m), text)
		}
		last = m.bitOffset(t.flag())
	}
	return nil
}

// memberText says what is wrong with a member, "" if nothing is. last is the
// offset of the one before.
func (c *checker) memberText(t *record, m *member, last uint32) string {
	offset := m.bitOffset(t.flag())
	switch {
	case !c.inStrings(m.name):
		return fmt.Sprintf("Invalid member name_offset:%d", m.name)
	case m.name != 0 && !c.identifier(m.name):
		return "Invalid name"
	case m.typ == 0 || m.typ > maxType:
		return "Invalid type_id"
	case offset != 0 && c.kind(t) == KindUnion, last > offset:
		return "Invalid member bits_offset"
	case bytesOf(offset) > t.val:
		return "Member bits_offset exceeds its struct size"
	}
	return ""
}

// describeMember returns the kernel's line about a member.
func (c *checker) describeMember(t *record, m *member) string {
	if t.flag() {
		return fmt.Sprintf("%s type_id=%d bitfield_size=%d bits_offset=%d",
			c.shown(m.name), m.typ, m.offset>>24, m.offset&0xffffff)
	}
	return fmt.Sprintf("%s type_id=%d bits_offset=%d", c.shown(m.name), m.typ, m.offset)
}

func checkValues(c *checker, t *record) *Refusal {
	each := entries[c.kind(t)].each
	for i := range c.vlen(t) {
		name := c.word(t.body + i*each)
		if !c.inStrings(name) {
			return said("Invalid name_offset:%d", name)
		}
		if !c.identifier(name) {
			return c.refuse(t, "Invalid name")
		}
	}
	return nil
}

func checkVariables(c *checker, t *record) *Refusal {
	var end, sum uint64
	for i := range c.vlen(t) {
		v := c.variable(t, i)
		text := ""
		switch {
		case v.typ == 0 || v.typ > maxType:
			text = "Invalid type_id"
		case uint64(v.offset) < end || v.offset >= t.val:
			text = "Invalid offset"
		case v.size == 0 || v.size > t.val:
			text = "Invalid size"
		case uint64(v.offset+v.size) > uint64(t.val):
			text = "Invalid offset+size"
		}
		if text != "" {
			return said("%s %s", describeVariable(&v), text)
		}
		end = uint64(v.offset + v.size)
		sum += uint64(v.size)
	}
	if uint64(t.val) < sum {
		return c.refuse(t, "Invalid btf_info size")
	}
	return nil
}

// describeVariable returns the kernel's line about an element of a section.
func describeVariable(v *variable) string {
	return fmt.Sprintf("type_id=%d offset=%d size=%d", v.typ, v.offset, v.size)
}
