// Package load finds eBPF objects and turns them into collections.
//
// An object is a relocatable ELF file, of either byte order. It may stand alone
// or be embedded in an executable, an archive or a compressed file. Maps may be
// defined by BTF (section .maps), by struct bpf_map_def or by iproute2's struct
// bpf_elf_map (section maps). Everything is resolved that needs no kernel; what
// does need one is left to package prog.
//
// The reading of sections is our own, while types are left to cilium/ebpf. Its
// loader refuses, by design, what other loaders take: legacy maps, symbols
// without a type, typed variables of the kernel, weak configuration values,
// variables in arenas, .struct_ops, programs in .text. One reader for all keeps
// the two from disagreeing; a test holds it against cilium/ebpf for every
// program that both can load.
//
// Input is hostile until proved otherwise: sizes are checked before memory is
// reserved, errors name the section and the offset, and a panic of a library
// becomes an error at one place (Parse).
//
//go:generate sh testdata/build.sh
package load
