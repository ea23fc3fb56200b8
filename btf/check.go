package btf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/bpflint/bpflint/internal/linux"
)

// Names of the error numbers that a refusal can have.
const (
	einval  = "EINVAL"
	e2big   = "E2BIG"
	eexist  = "EEXIST"
	efault  = "EFAULT"
	eloop   = "ELOOP"
	enoent  = "ENOENT"
	enotsup = "ENOTSUPP" // 524, which no C library has a name for
)

// maxBlob is the most that BPF_BTF_LOAD takes.
const maxBlob = 16 << 20

// Refusal says why a kernel does not take a BTF blob.
type Refusal struct {
	Errno string // what bpf(2) returns, such as "EINVAL"
	// Message is the line of the kernel's log that says why, without the space
	// before it.
	// Some refusals leave no such line.
	Message string
	Why     string // for refusals without a line
}

// Error returns the line of the log, or our words, and the error number.
func (r *Refusal) Error() string {
	text := r.Message
	if text == "" {
		text = r.Why
	}
	return text + " (" + r.Errno + ")"
}

// Kernel is what the answer depends on.
type Kernel struct {
	Version linux.Version
	// Types returns the kernel's own: pointers that programs keep in maps may
	// name one of them. It is called only then. The nil func means that no name
	// is the kernel's.
	Types func() (*Types, error)
}

// Check validates a blob as BPF_BTF_LOAD of the kernel does: the header and its
// sections, each type by itself, references and sizes, special fields. The
// error is a *Refusal; nil means that the kernel takes it. The blob is in the
// byte order of the machine, little-endian. Memory is bounded by 13 bytes for
// each of at most 1048575 types.
//
// Source: the behaviour of Linux 5.10, 6.1, 6.12, 6.18 and 7.2.
func Check(blob []byte, kernel Kernel) error {
	_, err := CheckAll(blob, kernel)
	return err
}

func check(blob []byte, kernel Kernel) (*checker, *Refusal) {
	if len(blob) > maxBlob {
		return nil, silent(e2big, "more than 16 MiB of BTF")
	}
	c := &checker{dialect: dialectOf(kernel.Version), kernel: kernel}
	steps := []func() *Refusal{c.checkRecords, c.checkReferences, c.checkModifiers, c.checkSpecial}
	if r := c.open(blob); r != nil {
		return nil, r
	}
	for _, step := range steps {
		if r := step(); r != nil {
			return nil, r
		}
	}
	return c, nil
}

// AsRefusal returns the refusal inside an error, nil if there is none.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// dialect is how a kernel reads BTF.
type dialect struct {
	lastKind  Kind
	vlenMask  uint32
	kindMask  uint32
	infoMask  uint32 // bits that may be set
	headerLen uint32 // of the header that it knows
	nameLimit int
	has       func(linux.Feature) bool
}

func dialectOf(v linux.Version) dialect {
	d := dialect{
		lastKind: KindDatasec, vlenMask: 0xffff, kindMask: 0xf, infoMask: 0x8f00ffff,
		headerLen: headerSize, nameLimit: 128, has: v.Has,
	}
	for _, row := range []struct {
		feature linux.Feature
		last    Kind
	}{
		{linux.BTFFloat, KindFloat}, {linux.BTFDeclTag, KindDeclTag},
		{linux.BTFTypeTag, KindTypeTag}, {linux.BTFEnum64, KindEnum64},
	} {
		if v.Has(row.feature) {
			d.lastKind = row.last
		}
	}
	if v.Has(linux.BTFFloat) {
		d.kindMask, d.infoMask = 0x1f, 0x9f00ffff
	}
	if v.Has(linux.BTFWideInfo) {
		d.vlenMask, d.kindMask, d.infoMask = 0xffffff, 0x7f, 0xffffffff
	}
	if v.Has(linux.BTFLayout) {
		d.headerLen = headerWithLayout
	}
	if v.Has(linux.BTFLongNames) {
		d.nameLimit = 512
	}
	return d
}

// checker holds a blob while it is validated.
type checker struct {
	dialect
	kernel  Kernel
	types   []byte // the section with the records
	strings []byte // the section with the names; ends with a zero byte

	starts  []uint32 // of each record in types, by ID; that of void is unused
	current record   // that is checked by itself
	layouts []layout // of structs with special members, by ID
	resolver
}

// record is the fixed part of a type.
type record struct {
	id, name, info uint32
	val            uint32 // size of the type, or ID of the type it refers to
	body           uint32 // offset of what follows in the section
}

func (c *checker) word(off uint32) uint32 { return binary.LittleEndian.Uint32(c.types[off:]) }

func (c *checker) decode(id, at uint32) record {
	b := c.types[at : at+typeSize]
	return record{
		id:   id,
		name: binary.LittleEndian.Uint32(b),
		info: binary.LittleEndian.Uint32(b[4:]),
		val:  binary.LittleEndian.Uint32(b[8:]),
		body: at + typeSize,
	}
}

// count returns the number of types, void included.
func (c *checker) count() uint32 { return uint32(len(c.starts)) }

// record returns a type by its ID. The ID 0 is void, of kind unknown.
func (c *checker) record(id uint32) (record, bool) {
	if id == 0 || id >= c.count() {
		return record{}, id == 0
	}
	return c.decode(id, c.starts[id]), true
}

func (c *checker) kind(t *record) Kind { return Kind(t.info >> 24 & c.kindMask) }

func (c *checker) vlen(t *record) uint32 { return t.info & c.vlenMask }

func (t *record) flag() bool { return t.info>>31 != 0 }

func silent(errno, why string) *Refusal { return &Refusal{Errno: errno, Why: why} }

func said(format string, args ...any) *Refusal {
	text := fmt.Sprintf(format, args...)
	text = text[strings.LastIndexByte(text, '\n')+1:] // a bad name may hold anything
	return &Refusal{Errno: einval, Message: strings.TrimLeft(text, "\t ")}
}

// refuse makes the line of the log about a type: its description and what is
// wrong with it.
func (c *checker) refuse(t *record, text string) *Refusal {
	return said("%s %s", c.describe(t, true), text)
}

// refuseBare is refuse without the details of the type.
func (c *checker) refuseBare(t *record, text string) *Refusal {
	return said("%s %s", c.describe(t, false), text)
}

// describe returns the kernel's line about a type.
func (c *checker) describe(t *record, whole bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%d] %s %s", t.id, c.kind(t), c.shown(t.name))
	if whole {
		b.WriteByte(' ')
		shown := *t // so that records need not live on the heap for a line that is seldom made
		details[c.kind(t)](c, &shown, &b)
	}
	return b.String()
}
