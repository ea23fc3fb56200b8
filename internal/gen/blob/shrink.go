package blob

import "slices"

// Shrink returns a smaller blob for which differs still holds.
func Shrink(b Blob, differs func(Blob) bool) Blob {
	b = b.clone()
	for again := true; again; {
		again = false
		for i := len(b.Records) - 1; i >= 0; i-- {
			for _, smaller := range smallerRecords(b.Records[i]) {
				c := b.clone()
				if smaller == nil {
					c.Records = dropRecord(c.Records, i)
				} else {
					c.Records[i] = smaller
				}
				if len(c.Records) > 0 && differs(c) {
					b, again = c, true
					break
				}
			}
		}
	}
	return b
}

// smallerRecords are simpler records to try in place of one; nil drops it.
func smallerRecords(r []byte) [][]byte {
	out := [][]byte{nil}
	boring := make([]byte, 16)
	put(boring, 0, 1)
	put(boring, 1, 1<<24)
	put(boring, 2, 4)
	put(boring, 3, 32)
	if !slices.Equal(r, boring) {
		out = append(out, boring)
	}
	if vlen := get(r, 1) & 0xffff; vlen > 0 && length(r) == len(r) {
		c := slices.Clone(r)
		put(c, 1, get(r, 1)-1)
		if n := length(c); n < len(c) {
			out = append(out, c[:n])
		}
	}
	return out
}

// dropRecord removes a record and makes references to later ones follow.
func dropRecord(records [][]byte, i int) [][]byte {
	gone, last := uint32(i+1), uint32(len(records))
	records = slices.Delete(records, i, i+1)
	for _, r := range records {
		for _, at := range references(r) {
			if id := get(r, at); id > gone && id <= last {
				put(r, at, id-1)
			}
		}
	}
	return records
}

// references are the words of a record that are type IDs.
func references(r []byte) []int {
	kind := get(r, 1) >> 24 & 0x1f
	var first, step int
	switch kind {
	case 2, 8, 9, 10, 11, 12, 14, 17, 18:
		return []int{2}
	case 3:
		return []int{3, 4}[:min(2, max(0, len(r)/4-3))]
	case 4, 5:
		first, step = 4, 3
	case 13:
		first, step = 4, 2
	case 15:
		first, step = 3, 3
	default:
		return nil
	}
	var at []int
	if kind == 13 {
		at = append(at, 2)
	}
	for i := first; i < len(r)/4; i += step {
		at = append(at, i)
	}
	return at
}
