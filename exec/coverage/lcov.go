package coverage

import (
	"bufio"
	"fmt"
	"io"
)

// WriteLCOV writes a tracefile as genhtml and other tools read it (geninfo(1)).
func (r *Report) WriteLCOV(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, f := range r.Files {
		fmt.Fprintf(out, "TN:\nSF:%s\n", f.Path)
		f.writeFuncs(out)
		f.writeBranches(out)
		hit, numbers := 0, f.Numbers()
		for _, n := range numbers {
			count := f.Lines[n].Count
			fmt.Fprintf(out, "DA:%d,%d\n", n, count)
			if count > 0 {
				hit++
			}
		}
		fmt.Fprintf(out, "LF:%d\nLH:%d\nend_of_record\n", len(numbers), hit)
	}
	return out.Flush()
}

func (f *File) writeFuncs(out io.Writer) {
	hit := 0
	for _, fn := range f.Funcs {
		fmt.Fprintf(out, "FN:%d,%s\n", fn.Line, fn.Name)
	}
	for _, fn := range f.Funcs {
		fmt.Fprintf(out, "FNDA:%d,%s\n", fn.Count, fn.Name)
		if fn.Count > 0 {
			hit++
		}
	}
	fmt.Fprintf(out, "FNF:%d\nFNH:%d\n", len(f.Funcs), hit)
}

// writeBranches numbers the jumps of a line as blocks, each with the branches
// 0, taken, and 1, not taken.
func (f *File) writeBranches(out io.Writer) {
	found, hit := 0, 0
	for _, n := range f.Numbers() {
		for block, b := range f.Lines[n].Branches {
			for branch, count := range []uint64{b.Taken, b.NotTaken} {
				text := fmt.Sprint(count)
				if b.Taken+b.NotTaken == 0 {
					text = "-"
				}
				fmt.Fprintf(out, "BRDA:%d,%d,%d,%s\n", n, block, branch, text)
				found++
				if count > 0 {
					hit++
				}
			}
		}
	}
	if found > 0 {
		fmt.Fprintf(out, "BRF:%d\nBRH:%d\n", found, hit)
	}
}
