// Package mem is the simulated address space of the concrete machine.
//
// Everything that a program can name by a pointer lies in a region: the stack
// of a frame, a context, a packet, the values of a map, a data section, a ring
// buffer. An address holds the number of its region in the upper 32 bits and
// an offset, counted from Bias, in the lower ones. An access is checked against the region's
// bounds and permissions, and the slices of Go check it a second time, so that
// no program can reach memory of the host.
//
// Region 0 has no memory, so the null pointer and small integers fault.
package mem
