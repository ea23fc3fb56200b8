// Stack traces and events through perf.
#include "bpf.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_STACK_TRACE);
	__uint(max_entries, 256);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
	__uint(type, MAP_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct event {
	u64 id;
	s64 stack;
	char comm[16];
};

SEC("kprobe/do_exit")
int on_exit(void *regs) {
	struct event e = {.id = bpf_get_current_pid_tgid()};
	e.stack = bpf_get_stackid(regs, &stacks, 0);
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	bpf_perf_event_output(regs, &events, 0xffffffff, &e, sizeof(e));
	return 0;
}
