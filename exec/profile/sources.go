package profile

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// cleanPath makes the path of a source file one that stays inside the folder
// it is joined to.
func cleanPath(file string) string {
	if path.IsAbs(file) {
		return path.Clean(file)
	}
	return strings.TrimPrefix(path.Clean("/"+file), "/")
}

// Sources returns the lines of all source files that the programs name, from
// disk where they are, else as far as line info has them.
func (r *Recorder) Sources() map[string][]string {
	files := make(map[string][]string)
	for _, p := range r.programs {
		for i := range p.Lines {
			l := &p.Lines[i]
			name := cleanPath(l.File)
			lines, ok := files[name]
			if !ok {
				lines = readLines(l.File)
			}
			for len(lines) < l.Line && l.Line < maxLines {
				lines = append(lines, "")
			}
			if n := l.Line - 1; n >= 0 && n < len(lines) && lines[n] == "" {
				lines[n] = l.Text
			}
			files[name] = lines
		}
	}
	return files
}

// maxLines bounds the line numbers that are believed.
const maxLines = 1 << 20

func readLines(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// WriteSources writes the files of Sources below a folder, where pprof finds
// them with -source_path FOLDER -trim_path /.
func (r *Recorder) WriteSources(dir string) error {
	for name, lines := range r.Sources() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
