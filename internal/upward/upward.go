// Package upward finds files beside or above the working folder, such as the real
// objects that lie beside a checkout.
package upward

import (
	"os"
	"path/filepath"
)

// Find returns the first existing path PARENT/rel for the working folder and
// the folders above it. Tests use it to find data that lies beside the
// repository.
func Find(rel string) (string, bool) {
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
