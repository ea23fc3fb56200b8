// Package absint is the abstract machine: it explores the paths of one program
// as Linux's verifier does and tells whether that kernel would load it.
//
// A path is walked one instruction at a time over a state, which says what is
// known about each register and each byte of the stack. A conditional jump that
// is not decided forks the state; the machine goes on without the jump first
// and takes up the other side when the path has ended, as the kernel does,
// because that order decides which error is found first and how many
// instructions are processed.
//
// At join points states are remembered. A path ends where a remembered state,
// all of whose continuations are known to be safe, covers the present one
// (prune.go, equal.go). How much of a scalar a remembered state insists on is
// found backward from where its value mattered (precision.go).
//
// Everything that differs between kernels is in rules (rules.go) and in the
// rows of internal/linux. What is not modelled ends the run with the verdict
// Unsupported.
package absint
