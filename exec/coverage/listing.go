package coverage

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// WriteListing writes the source with the count of each line in front of it:
// "-" where the compiler made no instructions, "#####" where they did not run.
// A line whose conditional jumps went only one way is marked. Of a file that is
// not there, the lines that line info knows are shown.
func (r *Report) WriteListing(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i, f := range r.Files {
		if i > 0 {
			fmt.Fprintln(out)
		}
		hit := 0
		for _, l := range f.Lines {
			if l.Count > 0 {
				hit++
			}
		}
		fmt.Fprintf(out, "%s: %d of %d lines ran\n", f.Path, hit, len(f.Lines))
		if text, err := os.ReadFile(f.Path); err == nil {
			f.listSource(out, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
			continue
		}
		f.listKnown(out)
	}
	return out.Flush()
}

func (f *File) listSource(out io.Writer, lines []string) {
	for i, text := range lines {
		f.list(out, i+1, text)
	}
}

// listKnown lists the lines of which line info has the text, with a mark where
// some are missing.
func (f *File) listKnown(out io.Writer) {
	last := 0
	for _, n := range f.Numbers() {
		if last != 0 && n > last+1 {
			fmt.Fprintf(out, "%11s %6s\n", "", "...")
		}
		f.list(out, n, f.Lines[n].Text)
		last = n
	}
}

func (f *File) list(out io.Writer, n int, text string) {
	count, note := "-", ""
	if l := f.Lines[n]; l != nil {
		if count = fmt.Sprint(l.Count); l.Count == 0 {
			count = "#####"
		}
		note = l.oneSided()
	}
	line := strings.TrimRight(fmt.Sprintf("%11s %6d  %s", count, n, text), " ")
	if note != "" {
		line += "  // " + note
	}
	fmt.Fprintln(out, line)
}

// oneSided tells how many conditional jumps of a line that ran went only one
// way.
func (l *Line) oneSided() string {
	n := 0
	for _, b := range l.Branches {
		if (b.Taken == 0) != (b.NotTaken == 0) {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("1 of %d jumps goes only one way", len(l.Branches))
	}
	return fmt.Sprintf("%d of %d jumps go only one way", n, len(l.Branches))
}
