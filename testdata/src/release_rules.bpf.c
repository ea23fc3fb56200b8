// Rules that differ between releases, each shrunk from a program on which
// bpflint and a kernel disagreed.
#include "bpf.h"

LICENSE("GPL");

#define NAKED __attribute__((naked))

struct {
	__uint(type, MAP_XSKMAP);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 4);
	__type(key, u64);
	__type(value, u64);
} counts SEC(".maps");

// A pointer behind the end of the packet is moved back to its start, which
// since 7.2 says nothing about the end any more.
SEC("tc")
NAKED int end_moved(void) {
	asm volatile("r2 = *(u32 *)(r1 + 76);"
		     "r3 = *(u32 *)(r1 + 80);"
		     "r2 += 64;"
		     "if r2 >= r3 goto 1f;"
		     "r0 = 0;"
		     "exit;"
		     "1: r2 += -64;"
		     "if r2 < r3 goto 2f;"
		     "r0 = 0;"
		     "exit;"
		     "2: r0 = *(u8 *)(r2 + 0);"
		     "r0 = 0;"
		     "exit;");
}

// Null in a register is as good as the constant since 7.2.
SEC("xdp")
NAKED int null_in_register(void) {
	asm volatile("*(u32 *)(r10 - 4) = 0;" // want "R0 invalid mem access 'map_value_or_null'"
		     "r1 = %[sockets] ll;"
		     "r2 = r10;"
		     "r2 += -4;"
		     "call 1;"
		     "r1 = 0;"
		     "if r0 == r1 goto 1f;"
		     "r0 = *(u32 *)(r0 + 0);"
		     "1: r0 = 0;"
		     "exit;" ::[sockets] "i"(&sockets));
}

// A pointer that equals one that is not null is not null, since 6.2.
SEC("xdp")
NAKED int equal_pointers(void) {
	asm volatile("*(u32 *)(r10 - 4) = 0;"
		     "r1 = %[sockets] ll;"
		     "r2 = r10;"
		     "r2 += -4;"
		     "call 1;"
		     "r6 = r0;"
		     "r1 = %[sockets] ll;"
		     "r2 = r10;"
		     "r2 += -4;"
		     "call 1;"
		     "if r6 == 0 goto 1f;"
		     "if r6 != r0 goto 1f;"
		     "r0 = *(u32 *)(r0 + 0);"
		     "1: r0 = 0;"
		     "exit;" ::[sockets] "i"(&sockets));
}

// The key was never written. Before 6.8 it has to lie within the part of the
// stack that the function has used.
SEC("socket")
NAKED int key_below_used_stack(void) {
	asm volatile("r1 = %[counts] ll;"
		     "r2 = r10;"
		     "r2 += -8;"
		     "call 1;"
		     "r0 = 0;"
		     "exit;" ::[counts] "i"(&counts));
}

SEC("socket")
NAKED int key_within_used_stack(void) {
	asm volatile("*(u64 *)(r10 - 16) = 0;"
		     "r1 = %[counts] ll;"
		     "r2 = r10;"
		     "r2 += -8;"
		     "call 1;"
		     "r0 = 0;"
		     "exit;" ::[counts] "i"(&counts));
}

// What a 32-bit move copies stays tied to its source since 6.8.
SEC("socket")
NAKED int moved_half(void) {
	asm volatile("call 7;"
		     "w2 = w0;"
		     "w3 = w2;"
		     "if w2 < 9 goto 1f;"
		     "r0 = 0;"
		     "exit;"
		     "1: if r3 < 9 goto 2f;"
		     "r0 = r1;" // never reached where the tie is known
		     "2: r0 = 0;"
		     "exit;");
}

// The loop ends, but its counter does not count as different before 6.7.
SEC("socket")
NAKED int loop_on_stack(void) {
	asm volatile("call 7;"
		     "r0 &= 255;"
		     "*(u64 *)(r10 - 8) = r0;"
		     "r0 = 0;"
		     "1: r0 = *(u64 *)(r10 - 8);"
		     "if r0 > 10 goto 2f;"
		     "r0 += 1;"
		     "*(u64 *)(r10 - 8) = r0;"
		     "r0 = 0;"
		     "goto 1b;"
		     "2: r0 = 0;"
		     "exit;");
}

// Any offset into the context of a syscall program may be read since 7.2.
SEC("syscall")
NAKED int context_between_fields(void) {
	asm volatile("r0 = *(u32 *)(r1 + 2);" // want "invalid bpf_context access off=2 size=4"
		     "r0 = 0;"
		     "exit;");
}
