//go:build 386 || arm || mipsle

package oracle

import "unsafe"

// pointer is an address in the 8 bytes that bpf(2) gives to one.
type pointer struct {
	address unsafe.Pointer
	_       uint32
}

func newPointer(p unsafe.Pointer) pointer { return pointer{address: p} }
