// What kernels before 6.3 do in another way: they refuse constants in the context
// and compare states by the names of ids.
#include "net.h"

LICENSE("GPL");

#define NAKED __attribute__((naked))

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("tc")
NAKED int constant_in_context(void) {
	asm volatile("*(u32 *)(r1 + 48) = 1\n\tr0 = 0\n\texit");
}

#define RESERVE "r1 = %[records] ll\n\tr2 = 16\n\tr3 = 0\n\tcall 131\n\t"

static NAKED NOINLINE int one(void) { asm volatile("r0 = 1\n\texit"); }

// The slot that is read last lies in the stack of one of two paths only. They
// meet with a record each, so that one does not stand for the other.
SEC("cgroup_skb/egress")
NAKED int records_differ(void) {
	asm volatile("r7 = 4\n\tr9 = 0\n\t" RESERVE "if r0 == 0 goto meet%=\n\t"
		     "r1 = r0\n\tr2 = 0\n\tcall 132\n\t"
		     "*(u32 *)(r10 - 40) = 2\n\tr1 = %[counts] ll\n\tr2 = r10\n\tr2 += -40\n\tcall 1\n\t"
		     "if r0 != 0 goto found%=\n\tr0 = 0\n\texit\n\t"
		     "found%=: if r7 >= 7 goto meet%=\n\tr6 = 33\n\tr6 = r9\n\t"
		     "meet%=: w7 += 117340088\n\t" RESERVE "if r0 == 0 goto read%=\n\t"
		     "r1 = r0\n\tr2 = 0\n\tcall 133\n\t"
		     "read%=: r7 = *(u64 *)(r10 - 24)\n\tcall %[one]\n\texit\n\t" ::[records] "i"(&records),
		     [counts] "i"(&counts), [one] "i"(one));
}

// Before 6.15 a call reads of its arguments what the function reads, which is
// nothing: two paths that differ in R1 are the same, although only one of them has
// used the stack. Since 6.8 the stack may be read unused.
SEC("tc")
NAKED int unread_argument(void) {
	asm volatile("r5 = *(u32 *)(r1 + 0)\n\tif r5 >= 1000 goto meet%=\n\t"
		     "*(u64 *)(r10 - 40) = 4\n\tr1 = %[counts] ll\n\tr2 = r10\n\tr2 += -40\n\tcall 1\n\t"
		     "r3 = r0\n\tif r3 != 0 goto found%=\n\texit\n\t"
		     "found%=: r8 = 42\n\t"
		     "meet%=: r2 = r10\n\tr2 += -24\n\tr4 = r10\n\tr4 += -32\n\tcall %[one]\n\t"
		     "r8 = *(u64 *)(r10 - 32)\n\texit\n\t" ::[counts] "i"(&counts), [one] "i"(one));
}
