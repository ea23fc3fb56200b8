package btf

import "bytes"

// maxNameOffset is the greatest offset of a name in the string section.
const maxNameOffset = 0xffffff

// inStrings reports whether a name lies in the string section.
func (c *checker) inStrings(off uint32) bool {
	return off <= maxNameOffset && off < uint32(len(c.strings))
}

// name returns the name at an offset; it must be inStrings.
func (c *checker) name(off uint32) []byte {
	s := c.strings[off:]
	return s[:bytes.IndexByte(s, 0)]
}

// shown returns a name as the kernel's log shows it.
func (c *checker) shown(off uint32) string {
	switch {
	case off == 0:
		return "(anon)"
	case off < uint32(len(c.strings)):
		return string(c.name(off))
	}
	return "(invalid-name-offset)"
}

// Classes of bytes, as the kernel has them: those above ASCII are Latin-1.
const (
	letter = 1 << iota
	digit
	printable
)

var classes = makeClasses()

func makeClasses() (table [256]byte) {
	for b := range table {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= 0xc0 && b != 0xd7 && b != 0xf7:
			table[b] = letter | printable
		case b >= '0' && b <= '9':
			table[b] = digit | printable
		case b >= ' ' && b <= '~', b >= 0xa0:
			table[b] = printable
		}
	}
	return table
}

// identifier reports whether the name at an offset could be that of a type, a
// member or a function. Offset 0 is no name.
func (c *checker) identifier(off uint32) bool {
	if off == 0 || !c.inStrings(off) {
		return false
	}
	name := c.name(off)
	if len(name) == 0 || len(name) > c.nameLimit || classes[name[0]]&digit != 0 {
		return false
	}
	for _, b := range name {
		if classes[b]&(letter|digit) == 0 && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

// printableName reports whether the name at an offset is one of a section.
func (c *checker) printableName(off uint32) bool {
	if off == 0 || !c.inStrings(off) {
		return false
	}
	name := c.name(off)
	if len(name) == 0 || len(name) > c.nameLimit {
		return false
	}
	for _, b := range name {
		if classes[b]&printable == 0 {
			return false
		}
	}
	return true
}
