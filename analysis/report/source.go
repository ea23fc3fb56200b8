package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bpflint/bpflint/analysis"
)

// Sources finds the lines that positions are about and keeps the files that it
// has read.
type Sources struct{ files map[string][][]byte }

// NewSources returns a reader that has read nothing.
func NewSources() *Sources { return &Sources{files: map[string][][]byte{}} }

// maxSource bounds what is read of a file that an object names.
const maxSource = 16 << 20

// Resolve returns the path to show for a position and the text of its line.
// Compilers record the path as it was given to them, so it is looked for from
// here and then from the object's folder. Where the file has changed since, or
// is not there, the text that the compiler recorded is the right one.
func (s *Sources) Resolve(pos analysis.Position, object string) (path, text string) {
	path, text = pos.File, pos.Text
	candidates := []string{pos.File}
	if !filepath.IsAbs(pos.File) {
		candidates = append(candidates, filepath.Join(filepath.Dir(object), pos.File))
	}
	for _, c := range candidates {
		line, ok := s.line(c, pos.Line)
		if ok && (text == "" || strings.TrimSpace(line) == strings.TrimSpace(text)) {
			return filepath.Clean(c), line
		}
	}
	return filepath.Clean(path), text
}

func (s *Sources) line(path string, n int) (string, bool) {
	lines, seen := s.files[path]
	if !seen {
		lines = readLines(path)
		s.files[path] = lines
	}
	if n < 1 || n > len(lines) {
		return "", false
	}
	return strings.TrimRight(string(lines[n-1]), "\r"), true
}

// readLines returns nil for what is no ordinary file.
func readLines(path string) [][]byte {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return bytes.Split(data, []byte("\n"))
}

// runeColumn turns a column in bytes into one in characters.
func runeColumn(pos analysis.Position) int {
	if pos.Column < 1 || pos.Column > len(pos.Text)+1 {
		return pos.Column
	}
	return utf8.RuneCountInString(pos.Text[:pos.Column-1]) + 1
}

// clean makes text from an object safe to print on a terminal: a line, with
// escape sequences made visible.
func clean(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteString("    ")
		case isControl(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
