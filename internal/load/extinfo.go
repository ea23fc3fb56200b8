package load

import (
	"encoding/binary"
	"slices"
)

// Section .BTF.ext begins with magic, version, flags and the header's length,
// then offset and length of func_info and of line_info
// (Documentation/bpf/btf.rst).
const extHeaderSize = 24

// extTables are the places of these offsets, and the sizes of records.
var extTables = [...]struct{ at, record uint32 }{{8, 8}, {16, 16}}

// withTables returns the image for a library that wants each table to begin
// with the size of its records. GCC leaves tables without records empty, and
// libbpf takes them. They get that word in a copy of the section behind the
// image.
func (o *object) withTables(image []byte) []byte {
	for i, s := range o.file.Sections {
		if s.Name != ".BTF.ext" {
			continue
		}
		sec := &section{Section: s}
		if o.read(sec) != nil {
			break // the library says what is wrong
		}
		ext := fillTables(sec.bytes, o.order())
		if ext == nil {
			break
		}
		h, _ := parseHeader(image)
		out := append(slices.Clone(image), ext...)
		header := out[h.sectionsAt+uint64(i)*uint64(h.sectionSize):]
		h.order.PutUint64(header[24:], uint64(len(image))) // sh_offset
		h.order.PutUint64(header[32:], uint64(len(ext)))   // sh_size
		return out
	}
	return image
}

// fillTables returns the section with a size of records in each empty table,
// nil when no table is empty.
func fillTables(ext []byte, order binary.ByteOrder) []byte {
	if len(ext) < extHeaderSize || order.Uint32(ext[4:]) > uint32(len(ext)) {
		return nil
	}
	length := order.Uint32(ext[4:]) // of the header; offsets count from its end
	var out []byte
	for _, t := range extTables {
		if order.Uint32(ext[t.at+4:]) != 0 {
			continue
		}
		if out == nil {
			out = slices.Clone(ext)
		}
		order.PutUint32(out[t.at:], uint32(len(out))-length)
		order.PutUint32(out[t.at+4:], 4)
		out = append(out, 0, 0, 0, 0)
		order.PutUint32(out[len(out)-4:], t.record)
	}
	return out
}
