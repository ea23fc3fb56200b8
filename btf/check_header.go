package btf

import (
	"encoding/binary"
	"slices"
)

const (
	headerWithLayout = 32 // bytes of a header that names a layout section
	layoutLen        = 4  // bytes of a row of that section
)

// header is the start of a blob. Fields behind its own length are zero.
type header struct {
	magic            uint16
	version, flags   uint8
	len              uint32
	typeOff, typeLen uint32
	strOff, strLen   uint32
	layOff, layLen   uint32 // since 7.1
}

// open reads the header and finds the sections.
func (c *checker) open(blob []byte) *Refusal {
	h, r := c.readHeader(blob)
	if r != nil {
		return r
	}
	if r := c.checkSections(&h, uint32(len(blob))); r != nil {
		return r
	}
	body := blob[h.len:]
	if r := c.openStrings(&h, body); r != nil {
		return r
	}
	if r := checkLayout(&h); r != nil {
		return r
	}
	switch {
	case h.typeOff%4 != 0:
		return said("Unaligned type_off")
	case h.typeLen == 0:
		return said("No type found")
	}
	c.types = body[h.typeOff : h.typeOff+h.typeLen]
	return nil
}

func (c *checker) readHeader(blob []byte) (header, *Refusal) {
	if len(blob) < 8 {
		return header{}, said("hdr_len not found")
	}
	length := binary.LittleEndian.Uint32(blob[4:])
	if uint64(length) > uint64(len(blob)) {
		return header{}, said("btf_header not found")
	}
	var known [headerWithLayout]byte
	copy(known[:c.headerLen], blob[:length])
	if length > c.headerLen && slices.ContainsFunc(blob[c.headerLen:length], nonzero) {
		return header{}, &Refusal{Errno: e2big, Message: "Unsupported btf_header"}
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(known[i:]) }
	h := header{
		magic: binary.LittleEndian.Uint16(known[:]), version: known[2], flags: known[3], len: word(4),
		typeOff: word(8), typeLen: word(12), strOff: word(16), strLen: word(20),
		layOff: word(24), layLen: word(28),
	}
	if h.len < headerWithLayout { // the fields of the layout are not part of it
		h.layOff, h.layLen = 0, 0
	}
	switch {
	case h.magic != magic:
		return h, said("Invalid magic")
	case h.version != 1:
		return h, &Refusal{Errno: enotsup, Message: "Unsupported version"}
	case h.flags != 0:
		return h, &Refusal{Errno: enotsup, Message: "Unsupported flags"}
	case uint32(len(blob)) == h.len:
		return h, said("No data")
	}
	return h, nil
}

func nonzero(b byte) bool { return b != 0 }

// checkSections wants the sections to fill what follows the header, without
// gaps and without overlap.
func (c *checker) checkSections(h *header, size uint32) *Refusal {
	type section struct{ off, len uint32 }
	sections := []section{{h.typeOff, h.typeLen}, {h.strOff, h.strLen}}
	if h.layLen != 0 {
		sections = append(sections, section{h.layOff, h.layLen})
	}
	slices.SortFunc(sections, func(a, b section) int {
		if d := int32(a.off - b.off); d != 0 {
			return int(d)
		}
		return int(int32(a.len - b.len))
	})
	all, seen := size-h.len, uint32(0)
	for _, s := range sections {
		switch {
		case all < s.off:
			return said("Invalid section offset")
		case seen < s.off:
			return said("Unsupported section found")
		case seen > s.off:
			return said("Section overlap found")
		case all-seen < s.len:
			return said("Total section length too long")
		}
		seen += s.len
	}
	if seen != all {
		return said("Unsupported section found")
	}
	return nil
}

// openStrings wants the strings to begin and to end with a zero byte. Headers
// without a layout section have them at the end of the blob.
func (c *checker) openStrings(h *header, body []byte) *Refusal {
	end := uint64(h.strOff) + uint64(h.strLen)
	if h.len < headerWithLayout || c.headerLen < headerWithLayout {
		if end != uint64(len(body)) {
			return said("String section is not at the end")
		}
	}
	c.strings = body[h.strOff:end]
	n := len(c.strings)
	if n == 0 || n-1 > maxNameOffset || c.strings[0] != 0 || c.strings[n-1] != 0 {
		return said("Invalid string section")
	}
	return nil
}

func checkLayout(h *header) *Refusal {
	switch {
	case h.layLen == 0:
		return nil
	case h.layOff%4 != 0:
		return said("Unaligned layout_off")
	case h.layLen < layoutLen:
		return said("Layout section is too small")
	case h.layLen%layoutLen != 0:
		return said("layout_len is not multiple of %d", layoutLen)
	}
	return nil
}
