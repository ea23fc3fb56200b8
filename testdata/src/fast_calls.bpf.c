// Calls that Linux compiles inline since 6.12, with spills and fills around them
// which are then taken out again: their slots do not count for the depth of the
// stack.
#include "net.h"

LICENSE("GPL");

#define NAKED __attribute__((naked))

// The whole stack of a program, and a call of a function that needs some too.
#define FULL(name, callee)                                                                             \
	SEC("tc")                                                                                      \
	NAKED int name(void) {                                                                         \
		asm volatile("r1 = 1\n\t*(u64 *)(r10 - 512) = r1\n\tcall %[f]\n\tr0 = 0\n\texit" ::[f] "i"(callee)); \
	}

#define SPILLS(helper, extra)                                                  \
	asm volatile("r1 = 1\n\tr2 = 2\n\t*(u64 *)(r10 - 8) = r2\n\t"          \
		     "*(u64 *)(r10 - 16) = r1\n\tcall " #helper "\n\t"         \
		     "r1 = *(u64 *)(r10 - 16)\n\tr2 = *(u64 *)(r10 - 8)\n\t" extra \
		     "r0 = r1\n\texit")

// bpf_get_smp_processor_id
static NAKED NOINLINE int inlined(void) { SPILLS(8, ""); }

// bpf_get_prandom_u32
static NAKED NOINLINE int called(void) { SPILLS(7, ""); }

static NAKED NOINLINE int read_later(void) { SPILLS(8, "r1 = *(u64 *)(r10 - 16)\n\t"); }

static NAKED NOINLINE int jumps_between(void) {
	asm volatile("r1 = 1\n\tr0 = 0\n\t*(u64 *)(r10 - 8) = r1\n\tif r1 == 2 goto +1\n\t"
		     "*(u64 *)(r10 - 8) = r1\n\tcall 8\n\tr1 = *(u64 *)(r10 - 8)\n\tr0 = r1\n\texit");
}

// Slots above those of the spills count.
static NAKED NOINLINE int others(void) {
	asm volatile("r1 = 1\n\t*(u64 *)(r10 - 8) = r1\n\t*(u64 *)(r10 - 16) = r1\n\tcall 8\n\t"
		     "r1 = *(u64 *)(r10 - 16)\n\tr0 = *(u64 *)(r10 - 8)\n\texit");
}

FULL(calls_inlined, inlined)
FULL(calls_called, called) // want program "combined stack size of 2 calls is 528. Too large"
FULL(calls_read_later, read_later) // want program "combined stack size of 2 calls is 528. Too large"
FULL(calls_jumps_between, jumps_between) // want program "combined stack size of 2 calls is 528. Too large"
FULL(calls_others, others) // want program "combined stack size of 2 calls is 528. Too large"
