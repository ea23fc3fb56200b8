// Package mutate reads and changes files for fuzz targets.
package mutate

import (
	"fmt"
	"os"
	"path/filepath"
)

// Files reads the files that a pattern matches, as of path.Match, in the order of
// their names. It is an error when there are none.
func Files(pattern string) ([][]byte, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no files match %s", pattern)
	}
	files := make([][]byte, len(paths))
	for i, path := range paths {
		if files[i], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Bytes returns a copy of an image with changes of 5 bytes each: where, as a
// fraction of the length in 24 bits, how, and a value.
func Bytes(image, changes []byte) []byte {
	out := append([]byte(nil), image...)
	if len(out) == 0 {
		return out
	}
	for ; len(changes) >= 5; changes = changes[5:] {
		at := (int(changes[0])<<16 | int(changes[1])<<8 | int(changes[2])) * len(out) >> 24
		switch v := changes[4]; changes[3] % 4 {
		case 0:
			out[at] = v
		case 1:
			out[at] ^= 1 << (v & 7)
		case 2:
			out[at] += v
		default: // an instruction's worth of bytes from elsewhere
			from := (int(v) * len(out)) >> 8 &^ 7
			at &^= 7
			copy(out[at:min(at+8, len(out))], out[from:min(from+8, len(out))])
		}
	}
	return out
}
