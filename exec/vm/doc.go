// Package vm runs eBPF instructions on simulated memory.
//
// Load predecodes the slots of a program into Code: operand kinds are resolved
// into the operation, jumps are relative to the predecoded stream, constants
// have their final value, and every call holds the function to be called. An
// Engine then runs Code on a CPU without allocating.
//
// The package knows instructions (RFC 9669, and those of Linux up to 6.15) and
// frames. Maps, helpers and contexts come from outside, by a Linker.
package vm
