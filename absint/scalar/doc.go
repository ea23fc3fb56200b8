// Package scalar is the abstract domain of the numbers in registers and stack
// slots: a tristate number and ranges of the whole word and of its lower half,
// signed and unsigned, as Linux's verifier keeps them.
//
// An abstract value is compared with a real kernel's field by field: knowing
// more than the kernel would accept what it rejects, knowing less would reject
// what it accepts. The order in which facts are deduced from each other is
// therefore part of the result, and so is the point at which a kernel stops to
// deduce. What differs between kernels is said by Rules; the package's tests
// replay what five kernels printed.
//
// Every operation is a few machine words of arithmetic on values that the
// caller owns: nothing here allocates, and nothing is shared but Rules, which
// is only read.
package scalar
