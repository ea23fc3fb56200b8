package load

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// image is the content of an object within a file.
type image struct {
	name  string // which one of the file's, to be appended to its path
	bytes []byte
	err   error // the file is broken at this place
}

// fileKind tells what to do with a file.
type fileKind uint8

const (
	fileOther fileKind = iota
	fileELF
	fileArchive
	fileGzip
)

var (
	elfMagic  = []byte("\x7fELF")
	arMagic   = []byte("!<arch>\n")
	gzipMagic = []byte("\x1f\x8b\x08")
)

func kindOfFile(head []byte) fileKind {
	switch {
	case bytes.HasPrefix(head, elfMagic):
		return fileELF
	case bytes.HasPrefix(head, arMagic):
		return fileArchive
	case bytes.HasPrefix(head, gzipMagic):
		return fileGzip
	}
	return fileOther
}

// maxDepth bounds how deep archives and compressed files are nested.
const maxDepth = 3

// images finds the objects in a file.
func images(content []byte) iter.Seq[image] {
	return func(yield func(image) bool) { eachImage("", content, 0, yield) }
}

// eachImage returns false when the consumer wants no more.
func eachImage(name string, content []byte, depth int, yield func(image) bool) bool {
	if depth > maxDepth {
		return yield(image{name: name, err: errors.New("nested too deeply")})
	}
	switch kindOfFile(content) {
	case fileGzip:
		inner, err := gunzip(content)
		if err != nil {
			return yield(image{name: name, err: fmt.Errorf("gzip: %w", err)})
		}
		return eachImage(name, inner, depth+1, yield)
	case fileArchive:
		return eachMember(name, content, depth, yield)
	case fileELF:
		if isObject(content) {
			return yield(image{name: name, bytes: content})
		}
	}
	return eachEmbedded(name, content, yield)
}

func gunzip(content []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return readBounded(z, maxFile)
}

// isObject reports whether an ELF file claims to be eBPF: by its machine, or
// for old compilers by none in a relocatable file.
func isObject(content []byte) bool {
	h, ok := parseHeader(content)
	return ok && (h.machine == machineBPF || h.machine == 0 && h.typ == typeREL)
}

// Fields of the ELF header, version 1 for 64 bits.
const (
	headerSize = 64
	machineBPF = 247
	typeREL    = 1
	noBits     = 8 // SHT_NOBITS
	// maxSections bounds an embedded object's sections; with more, it is no
	// object but looks like one.
	maxSections = 1 << 12
)

type header struct {
	order                   binary.ByteOrder
	typ, machine            uint16
	sectionsAt              uint64
	sectionSize, sectionNum uint16
}

// parseHeader reads an ELF header; false when it is none for 64 bits.
func parseHeader(b []byte) (header, bool) {
	if len(b) < headerSize || !bytes.HasPrefix(b, elfMagic) || b[4] != 2 || b[6] != 1 {
		return header{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch b[5] {
	case 1:
	case 2:
		order = binary.BigEndian
	default:
		return header{}, false
	}
	return header{
		order:       order,
		typ:         order.Uint16(b[16:]),
		machine:     order.Uint16(b[18:]),
		sectionsAt:  order.Uint64(b[40:]),
		sectionSize: order.Uint16(b[58:]),
		sectionNum:  order.Uint16(b[60:]),
	}, true
}

// imageSize returns how many bytes of b the object at its beginning takes:
// headers, sections and what they describe. False when b is no such object.
func imageSize(b []byte) (int, bool) {
	h, ok := parseHeader(b)
	if !ok || h.machine != machineBPF || h.typ != typeREL || h.sectionSize != 64 || h.sectionNum == 0 || h.sectionNum > maxSections {
		return 0, false
	}
	end := h.sectionsAt + uint64(h.sectionNum)*64
	if end < h.sectionsAt || end > uint64(len(b)) {
		return 0, false
	}
	size := end
	for at := h.sectionsAt; at < end; at += 64 {
		if h.order.Uint32(b[at+4:]) == noBits {
			continue
		}
		last := h.order.Uint64(b[at+24:]) + h.order.Uint64(b[at+32:])
		if last > uint64(len(b)) {
			return 0, false
		}
		size = max(size, last)
	}
	return int(size), true
}

// maxLooks bounds how many places of a file are looked at that begin like an
// object. Honest executables have dozens.
const maxLooks = 1 << 16

// eachEmbedded finds the objects that an executable carries as data, plain or
// compressed by gzip.
func eachEmbedded(name string, content []byte, yield func(image) bool) bool {
	index, looked, unpacked := 0, 0, 0
	emit := func(b []byte) bool {
		img := image{name: fmt.Sprintf("%s[%d]", name, index), bytes: b}
		index++
		return yield(img)
	}
	plain, packed := -1, -1 // the next places that look like one
	for at := 0; at < len(content); {
		if plain < at {
			plain = nextIndex(content, at, elfMagic)
		}
		if packed < at {
			packed = nextIndex(content, at, gzipMagic)
		}
		at = min(plain, packed)
		if at == len(content) {
			break
		}
		if looked++; looked > maxLooks || unpacked > maxFile {
			return yield(image{name: name, err: fmt.Errorf("offset %#x: too many places that look like an object", at)})
		}
		if at == plain {
			if size, ok := imageSize(content[at:]); ok {
				if !emit(content[at : at+size]) {
					return false
				}
				at += size
				continue
			}
		} else if b := unpackObject(content[at:]); b != nil {
			unpacked += len(b)
			if !emit(b) {
				return false
			}
		}
		at++
	}
	return true
}

func nextIndex(content []byte, from int, what []byte) int {
	if i := bytes.Index(content[from:], what); i >= 0 {
		return from + i
	}
	return len(content)
}

// unpackObject decompresses an object at the beginning of b, nil when there is
// none. The first bytes decide, since most places that look like gzip are not.
func unpackObject(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	z.Multistream(false)
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(z, head); err != nil {
		return nil
	}
	if h, ok := parseHeader(head); !ok || h.machine != machineBPF {
		return nil
	}
	rest, err := readBounded(z, maxObject)
	if err != nil {
		return nil
	}
	return append(head, rest...)
}

// eachMember finds the objects in an archive of ar(1), in System V's format
// with names of any length.
func eachMember(name string, content []byte, depth int, yield func(image) bool) bool {
	const memberHeader = 60
	var long string // the member that has the long names
	for at := len(arMagic); at+memberHeader <= len(content); {
		head := content[at : at+memberHeader]
		size, err := strconv.ParseInt(strings.TrimSpace(string(head[48:58])), 10, 64)
		body := at + memberHeader
		if err != nil || size < 0 || size > int64(len(content)-body) {
			return yield(image{name: name, err: fmt.Errorf("archive member at %#x: bad size %q", at, head[48:58])})
		}
		member := content[body : body+int(size)]
		label := memberName(string(head[:16]), long)
		switch {
		case label == "//":
			long = string(member)
		case label == "/", label == "/SYM64/":
		default:
			if !eachImage(name+"("+label+")", member, depth+1, yield) {
				return false
			}
		}
		at = body + int(size+size&1)
	}
	return true
}

// memberName resolves a name that stands in the table of long names.
func memberName(field, long string) string {
	field = strings.TrimRight(field, " ")
	if field == "/" || field == "//" || field == "/SYM64/" {
		return field
	}
	if offset, err := strconv.Atoi(strings.TrimPrefix(field, "/")); err == nil && strings.HasPrefix(field, "/") && offset >= 0 && offset < len(long) {
		name, _, _ := strings.Cut(long[offset:], "/\n")
		return name
	}
	return strings.TrimSuffix(field, "/")
}
