package maps

import (
	"encoding/binary"
	"math/bits"
)

// hashKey is Bob Jenkins' lookup3 (2006, public domain), in the form for words
// when the key's length allows it: Linux uses it for its hash tables, so a map
// without a seed is walked in the same order.
func hashKey(key []byte, seed uint32) uint32 {
	n := len(key)
	a := 0xdeadbeef + uint32(n) + seed
	b, c := a, a
	for len(key) > 12 {
		a += binary.LittleEndian.Uint32(key)
		b += binary.LittleEndian.Uint32(key[4:])
		c += binary.LittleEndian.Uint32(key[8:])
		a, b, c = mix(a, b, c)
		key = key[12:]
	}
	switch len(key) {
	case 0:
		return c
	case 12:
		c += binary.LittleEndian.Uint32(key[8:])
		fallthrough
	case 8:
		b += binary.LittleEndian.Uint32(key[4:])
		fallthrough
	case 4:
		a += binary.LittleEndian.Uint32(key)
	default:
		var tail [12]byte
		copy(tail[:], key)
		a += binary.LittleEndian.Uint32(tail[:])
		b += binary.LittleEndian.Uint32(tail[4:])
		c += binary.LittleEndian.Uint32(tail[8:])
	}
	return final(a, b, c)
}

func mix(a, b, c uint32) (uint32, uint32, uint32) {
	a = a - c ^ bits.RotateLeft32(c, 4)
	c += b
	b = b - a ^ bits.RotateLeft32(a, 6)
	a += c
	c = c - b ^ bits.RotateLeft32(b, 8)
	b += a
	a = a - c ^ bits.RotateLeft32(c, 16)
	c += b
	b = b - a ^ bits.RotateLeft32(a, 19)
	a += c
	c = c - b ^ bits.RotateLeft32(b, 4)
	b += a
	return a, b, c
}

func final(a, b, c uint32) uint32 {
	c = c ^ b - bits.RotateLeft32(b, 14)
	a = a ^ c - bits.RotateLeft32(c, 11)
	b = b ^ a - bits.RotateLeft32(a, 25)
	c = c ^ b - bits.RotateLeft32(b, 16)
	a = a ^ c - bits.RotateLeft32(c, 4)
	b = b ^ a - bits.RotateLeft32(a, 14)
	return c ^ b - bits.RotateLeft32(b, 24)
}
