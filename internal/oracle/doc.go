// Package oracle asks a real kernel for its verdict on a program.
//
// The kernel is asked through bpf(2): the program's maps are created, its BTF
// and its instructions are loaded, and what the verifier answers is returned as
// data. Nothing is ever attached. Where the kernel never came to judge the
// program, because a capability, an attach target or the program's maps are
// missing, the verdict is Skip and says why.
//
// Open gives the running kernel, Session loads linked programs that share maps,
// Raw loads bare instruction streams at the rate that generators need, Record is
// a verdict as it is kept in testdata. On systems without bpf(2) everything
// builds and Open returns ErrNoKernel.
package oracle
