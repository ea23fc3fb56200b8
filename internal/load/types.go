package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf/btf"
)

// maxTypes bounds the types of an object. The whole kernel has some 150,000.
// The library decodes types recursively, so the number bounds its stack.
const maxTypes = 1 << 18

// Header of section .BTF (Documentation/bpf/btf.rst): magic, version, flags,
// header length, then offset and length of types and of strings.
const (
	btfMagic      = 0xeb9f
	btfHeaderSize = 24
	btfTypeSize   = 12
)

// kindSizes has the bytes behind a type's header: fixed ones, and those of each
// of its vlen elements.
var kindSizes = [...]struct{ fixed, each uint64 }{
	1:  {fixed: 4},  // int
	2:  {},          // pointer
	3:  {fixed: 12}, // array
	4:  {each: 12},  // struct
	5:  {each: 12},  // union
	6:  {each: 8},   // enum
	7:  {},          // forward
	8:  {},          // typedef
	9:  {},          // volatile
	10: {},          // const
	11: {},          // restrict
	12: {},          // func
	13: {each: 8},   // func prototype
	14: {fixed: 4},  // variable
	15: {each: 12},  // data section
	16: {},          // float
	17: {fixed: 4},  // declaration tag
	18: {},          // type tag
	19: {each: 12},  // enum of 64 bits
}

// readTypes checks and decodes sections .BTF and .BTF.ext.
func (o *object) readTypes(image []byte) error {
	s := o.file.Section(".BTF")
	if s == nil {
		return nil
	}
	sec := &section{Section: s}
	if err := o.read(sec); err != nil {
		return err
	}
	if at, err := checkTypes(sec.bytes, o.order()); err != nil {
		return sec.errorf(at, "%w", err)
	}
	types, info, err := btf.LoadSpecAndExtInfosFromReader(bytes.NewReader(o.withTables(image)))
	if err != nil && !errors.Is(err, btf.ErrNotFound) {
		return fmt.Errorf("section .BTF or .BTF.ext: %w", err)
	}
	o.types, o.info, o.spec.Types = types, info, types
	o.datasecs = make(map[string]*btf.Datasec)
	return nil
}

// checkTypes walks over the types of a blob, as far as this keeps the library
// from harm. It returns where the blob is wrong.
func checkTypes(blob []byte, order binary.ByteOrder) (at uint64, err error) {
	if len(blob) < btfHeaderSize {
		return 0, fmt.Errorf("%d bytes, less than the header's %d", len(blob), btfHeaderSize)
	}
	if magic := order.Uint16(blob); magic != btfMagic {
		return 0, fmt.Errorf("magic number is %#x, not %#x", magic, btfMagic)
	}
	word := func(at uint64) uint64 { return uint64(order.Uint32(blob[at:])) }
	size := uint64(len(blob))
	start := word(4) + word(8)
	end := start + word(12)
	strings := word(4) + word(16)
	switch {
	case end > size:
		return 8, fmt.Errorf("types reach from %#x to %#x, behind the section's %#x bytes", start, end, size)
	case strings+word(20) > size:
		return 16, fmt.Errorf("strings reach from %#x to %#x, behind the section's %#x bytes", strings, strings+word(20), size)
	}
	count := 0
	for at = start; at < end; count++ {
		if end-at < btfTypeSize {
			return at, fmt.Errorf("type %d is cut off", count+1)
		}
		info := word(at + 4)
		kind, vlen := info>>24&0x1f, info&0xffff
		if kind == 0 || kind >= uint64(len(kindSizes)) {
			return at, fmt.Errorf("type %d has unknown kind %d", count+1, kind)
		}
		next := at + btfTypeSize + kindSizes[kind].fixed + vlen*kindSizes[kind].each
		if next > end {
			return at, fmt.Errorf("type %d of kind %d with %d elements is cut off", count+1, kind, vlen)
		}
		at = next
	}
	if count > maxTypes {
		return start, fmt.Errorf("%d types, more than %d", count, maxTypes)
	}
	return 0, nil
}
