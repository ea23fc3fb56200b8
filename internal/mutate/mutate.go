// Package mutate changes files for fuzz targets.
package mutate

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
