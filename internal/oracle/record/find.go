package record

import (
	"os"
	"path/filepath"
)

// Upward returns the first existing path PARENT/rel for the working folder and
// the folders above it. Tests use it to find data that lies beside the
// repository.
func Upward(rel string) (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		path := filepath.Join(dir, rel)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}
