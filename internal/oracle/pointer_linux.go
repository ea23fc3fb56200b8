//go:build !386 && !arm && !mipsle

package oracle

import "unsafe"

// pointer is an address in the 8 bytes that bpf(2) gives to one. It is a true
// pointer so that what it refers to lives, and is on the heap, as long as the
// attributes do.
type pointer struct{ address unsafe.Pointer }

func newPointer(p unsafe.Pointer) pointer { return pointer{p} }
