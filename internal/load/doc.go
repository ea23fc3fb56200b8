// Package load finds eBPF objects and turns them into collections.
//
// An object is a relocatable ELF file, of either byte order. It may stand alone
// or be embedded in an executable, an archive or a compressed file. Maps may be
// defined by BTF (section .maps), by struct bpf_map_def or by iproute2's struct
// bpf_elf_map (section maps). Everything is resolved that needs no kernel; what
// does need one is left to package prog.
//
// Input is hostile until proved otherwise: sizes are checked before memory is
// reserved, errors name the section and the offset, and a panic of a library
// becomes an error at one place (Parse).
//
//go:generate sh testdata/build.sh
package load
