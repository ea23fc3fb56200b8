// Package btf answers the verifier's questions about types: what lies at an
// offset of a struct, what a pointer points to, whether one type begins with
// another.
//
// It reads BTF as a kernel has it and numbers types as the kernel does. A view
// of the 5 MB of a kernel costs a scan of its headers; nothing else is decoded
// before it is asked for. The tree of types that cilium/ebpf/btf makes serves
// where a program is linked; the IDs are the same.
package btf
