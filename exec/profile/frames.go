package profile

import (
	"fmt"
	"path"
	"strings"

	"github.com/bpflint/bpflint/prog"
)

// frame is a function and a place in its source.
type frame struct {
	name string
	file string
	line int
	// first is the line on which the function begins, 0 when it is not known.
	first int
}

// frames returns what the program was doing at a slot in the terms of its
// source: the innermost first.
//
// Line info does not name inlined functions. But a line in another file, or
// above the one on which the function begins, cannot be its own: C wants
// functions declared before they are used. Such a line is a frame of its own,
// named after the file, and the function is where it last was.
func (f *function) frames(slot int) []frame {
	p := f.program
	own := frame{name: f.name}
	at := p.LineAt(slot)
	if at == nil || at.Insn < f.start {
		return []frame{own}
	}
	entry := p.LineAt(f.start)
	if entry == nil || entry.Insn < f.start {
		entry = at
	}
	own.file, own.line, own.first = cleanPath(at.File), at.Line, entry.Line
	if within(at, entry) {
		return []frame{own}
	}
	inner := frame{name: fmt.Sprintf("%s [inlined from %s]", f.name, stem(at.File)), file: cleanPath(at.File), line: at.Line}
	outer := f.lastOwn(slot, entry)
	own.file, own.line = cleanPath(outer.File), outer.Line
	return []frame{inner, own}
}

// stem is a file's name up to its first dot: pprof takes what is before a dot for
// a package, and its graphs leave that out.
func stem(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".")
	return name
}

// within reports whether a line may be one of the function that begins at
// entry.
func within(at, entry *prog.Line) bool {
	return at.File == entry.File && at.Line >= entry.Line
}

// lastOwn returns the last line of the function itself before a slot.
func (f *function) lastOwn(slot int, entry *prog.Line) *prog.Line {
	last := entry
	for i := range f.program.Lines {
		l := &f.program.Lines[i]
		if l.Insn > slot {
			break
		}
		if l.Insn >= f.start && within(l, entry) {
			last = l
		}
	}
	return last
}
