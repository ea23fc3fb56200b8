package blob

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Real returns the BTF of all object files below a folder, each blob once.
// Blobs above a size stay out.
func Real(dir string, maxBytes int) ([]Blob, error) {
	var out []Blob
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".o") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		raw := section(data)
		if raw == nil || len(raw) > maxBytes || seen[string(raw)] {
			return nil
		}
		seen[string(raw)] = true
		if b, ok := Parse(raw); ok {
			out = append(out, b)
		}
		return nil
	})
	return out, err
}

// section returns an object's section .BTF, nil when it has none.
func section(object []byte) []byte {
	file, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil
	}
	s := file.Section(".BTF")
	if s == nil {
		return nil
	}
	data, err := s.Data()
	if err != nil {
		return nil
	}
	return data
}
