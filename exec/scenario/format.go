package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// member is a line of a tracepoint's format.
type member struct {
	name      string
	off, size int
	elems     int // of an array
}

var formatLine = regexp.MustCompile(`^\s*field:(.*);\s*offset:(\d+);\s*size:(\d+);\s*signed:[01];\s*$`)

// parseFormat reads a format as tracefs has it in events/CATEGORY/NAME/format.
func parseFormat(text string) ([]member, error) {
	const maxRecord = 1 << 16
	var list []member
	for line := range strings.Lines(text) {
		m := formatLine.FindStringSubmatch(line)
		if m == nil {
			continue // the name, the ID and how it is printed
		}
		off, err := strconv.Atoi(m[2])
		if err != nil || off > maxRecord {
			return nil, fmt.Errorf("offset %s is out of range", m[2])
		}
		size, err := strconv.Atoi(m[3])
		if err != nil || size > maxRecord {
			return nil, fmt.Errorf("size %s is out of range", m[3])
		}
		list = append(list, newMember(m[1], off, size))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there are no fields in the format")
	}
	return list, nil
}

// newMember reads a declaration such as "char comm[16]".
func newMember(declaration string, off, size int) member {
	m := member{off: off, size: size, elems: 1}
	name, index, isArray := strings.Cut(declaration, "[")
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '*' })
	if len(words) > 0 {
		m.name = words[len(words)-1]
	}
	if isArray {
		if n, err := strconv.Atoi(strings.TrimSuffix(index, "]")); err == nil && n > 0 {
			m.elems = n
		}
	}
	return m
}

// record makes the record of a tracepoint. Strings of variable length, which
// begin with "__data_loc", follow the fixed part.
func (w *World) record(e *Event) ([]byte, error) {
	members, err := parseFormat(e.Format)
	if err != nil {
		return nil, err
	}
	end := 0
	for _, m := range members {
		end = max(end, m.off+m.size)
	}
	b := make([]byte, end)
	known := make(map[string]bool)
	for _, m := range members {
		known[m.name] = true
		v, ok := e.Fields[m.name]
		if !ok {
			continue
		}
		if b, err = w.putMember(b, m, v, strings.Contains(e.Format, "__data_loc char[] "+m.name+";")); err != nil {
			return nil, fmt.Errorf("field %s: %w", m.name, err)
		}
	}
	for name := range e.Fields {
		if !known[name] {
			return nil, fmt.Errorf("the format has no field %q", name)
		}
	}
	return b, nil
}

func (w *World) putMember(b []byte, m member, v Value, dynamic bool) ([]byte, error) {
	text, isText := v.raw.(string)
	if dynamic && isText {
		at := len(b)
		b = append(append(b, text...), 0)
		n := uint32(len(text)+1)<<16 | uint32(at)
		for i := range 4 {
			b[m.off+i] = byte(n >> (8 * i))
		}
		return b, nil
	}
	dst := b[m.off : m.off+m.size]
	if isText && m.elems == m.size && m.elems > 1 && !strings.HasPrefix(text, "0x") {
		if len(text) > len(dst) {
			return nil, fmt.Errorf("%q is longer than %d bytes", text, len(dst))
		}
		copy(dst, text)
		return b, nil
	}
	raw, err := w.names.bytes(v, m.size)
	copy(dst, raw)
	return b, err
}
