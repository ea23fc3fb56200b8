// Package exec is the concrete machine: it runs eBPF programs in user space,
// without a kernel and without privileges, with the results of
// BPF_PROG_TEST_RUN.
//
// The parts are packages of their own: mem is the address space, vm runs
// instructions, maps are the maps. This package puts them together.
package exec
