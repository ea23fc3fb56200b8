// The context of kprobes: registers that can be read whole, and in part where that is aligned.
#include "bpf.h"

LICENSE("GPL");

#define LOAD(size, off) \
	u64 value; \
	asm volatile("%0 = *(" size " *)(%1 " off ")" : "=r"(value) : "r"(regs)); \
	return value & 1

SEC("kprobe/do_unlinkat")
int reads(void *regs) { LOAD("u64", "+104"); }

SEC("kprobe/do_unlinkat")
int reads_last(void *regs) { LOAD("u64", "+160"); }

SEC("kprobe/do_unlinkat")
int behind_the_end(void *regs) {
	LOAD("u64", "+168"); // want "invalid bpf_context access off=168 size=8"
}

SEC("kprobe/do_unlinkat")
int across_the_end(void *regs) {
	LOAD("u64", "+164"); // want "invalid bpf_context access off=164 size=8"
}

SEC("kprobe/do_unlinkat")
int misaligned(void *regs) {
	LOAD("u32", "+6"); // want "invalid bpf_context access off=6 size=4"
}

SEC("kprobe/do_unlinkat")
int before_the_start(void *regs) {
	LOAD("u64", "-8"); // want "invalid bpf_context access off=-8 size=8"
}
