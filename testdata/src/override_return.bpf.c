// Error injection. The kernels whose verdicts are recorded were built without it.
#include "bpf.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} stages SEC(".maps");

#define ENOMEM 12

static long (*override_return)(void *regs, u64 result) = (void *)58;

SEC("kprobe/should_failslab")
int fails(void *regs) {
	override_return(regs, -ENOMEM); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}

SEC("kprobe/do_unlinkat")
int not_listed(void *regs) {
	override_return(regs, -ENOMEM); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}

SEC("kretprobe/should_failslab")
int too_late(void *regs) {
	override_return(regs, -ENOMEM); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}

SEC("kprobe/should_failslab")
int in_array(void *regs) {
	bpf_tail_call(regs, &stages, 0);
	override_return(regs, -ENOMEM); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int wrong_type(void *args) {
	override_return(args, -ENOMEM); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}
