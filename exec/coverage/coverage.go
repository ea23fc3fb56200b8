package coverage

import (
	"path"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/prog"
)

// Report is the coverage of some programs.
type Report struct {
	Files []*File // by path
}

// File is what was found of one source file.
type File struct {
	Path  string
	Lines map[int]*Line // those that have instructions, by number from 1
	Funcs []Func        // by line
}

// Line is a line that has instructions.
type Line struct {
	Count    uint64
	Text     string
	Branches []Branch // in the order of programs and instructions
}

// Branch is a conditional jump that the compiler made for a line.
type Branch struct {
	Program         string
	Slot            int
	Taken, NotTaken uint64
}

// Func is a function that was not inlined.
type Func struct {
	Name  string
	Line  int
	Count uint64
}

// New sums up what programs did.
func New(counts []profile.Counts) *Report {
	files := make(map[string]*File)
	for i := range counts {
		c := &counts[i]
		for f := range c.Program.Funcs {
			addFunc(files, c, f)
		}
		for _, j := range c.Jumps {
			if l := lineOf(files, c.Program, j.Slot); l != nil {
				l.Branches = append(l.Branches, Branch{c.Program.Name, j.Slot, j.Taken, j.NotTaken})
			}
		}
	}
	r := &Report{}
	for _, f := range files {
		slices.SortFunc(f.Funcs, func(a, b Func) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return strings.Compare(a.Name, b.Name)
		})
		f.Funcs = mergeFuncs(f.Funcs)
		r.Files = append(r.Files, f)
	}
	slices.SortFunc(r.Files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	return r
}

// addFunc adds the lines of one function of a program.
func addFunc(files map[string]*File, c *profile.Counts, index int) {
	p := c.Program
	start, end := p.Funcs[index].Start, len(p.Insns)
	if index+1 < len(p.Funcs) {
		end = p.Funcs[index+1].Start
	}
	most := make(map[*Line]uint64)
	for slot := start; slot < end; slot++ {
		if l := lineOf(files, p, slot); l != nil {
			most[l] = max(most[l], c.Slots[slot])
		}
	}
	for l, n := range most {
		l.Count += n
	}
	if at := p.LineAt(start); at != nil && at.Insn >= start {
		f := fileOf(files, at.File)
		f.Funcs = append(f.Funcs, Func{p.Funcs[index].Name, at.Line, c.Slots[start]})
	}
}

// mergeFuncs adds up functions that several programs share.
func mergeFuncs(sorted []Func) []Func {
	var out []Func
	for _, f := range sorted {
		if n := len(out) - 1; n >= 0 && out[n].Name == f.Name && out[n].Line == f.Line {
			out[n].Count += f.Count
			continue
		}
		out = append(out, f)
	}
	return out
}

func fileOf(files map[string]*File, name string) *File {
	name = path.Clean(name)
	f := files[name]
	if f == nil {
		f = &File{Path: name, Lines: make(map[int]*Line)}
		files[name] = f
	}
	return f
}

// lineOf returns the line of a slot, nil when none is known.
func lineOf(files map[string]*File, p *prog.Program, slot int) *Line {
	at := p.LineAt(slot)
	if at == nil || at.Line == 0 {
		return nil
	}
	f := fileOf(files, at.File)
	l := f.Lines[at.Line]
	if l == nil {
		l = &Line{Text: at.Text}
		f.Lines[at.Line] = l
	}
	return l
}

// Numbers returns the numbers of the lines that have instructions, ascending.
func (f *File) Numbers() []int {
	list := make([]int, 0, len(f.Lines))
	for n := range f.Lines {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}
