// One tool for several kinds of events: programs at the events call it, and it
// sees the registers and the task whatever the event was.
#include "bpf.h"
#include "../../../include/gtrace.h"

LICENSE("GPL");

int trace(struct gtrace_ctx *ctx);

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, int(void *));
} tools SEC(".maps") = { .values = { [0] = (void *)&trace } };

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} by_caller SEC(".maps");

SEC("gtrace")
int trace(struct gtrace_ctx *ctx) {
	static const char where[] = "%s at %lx", who[] = "pid %d, started at %ld ns, caller type %d";
	bpf_trace_printk(where, sizeof where, ctx->comm, ctx->regs.ip);
	bpf_trace_printk(who, sizeof who, ctx->pid, ctx->start_time, ctx->caller);
	u32 caller = ctx->caller;
	u64 one = 1, *n = bpf_map_lookup_elem(&by_caller, &caller);
	if (n)
		++*n;
	else
		bpf_map_update_elem(&by_caller, &caller, &one, 0);
	return 0;
}

#define CALLS_THE_TOOL(name) \
	int name(void *ctx) { \
		bpf_tail_call(ctx, &tools, 0); \
		return 1; \
	}

SEC("kprobe/vfs_unlink")
CALLS_THE_TOOL(unlink)

SEC("tracepoint/syscalls/sys_enter_openat")
CALLS_THE_TOOL(open)

SEC("raw_tracepoint/sched_switch")
CALLS_THE_TOOL(switches)

SEC("perf_event")
CALLS_THE_TOOL(sample)

// Nothing is at this index: the call falls through.
SEC("kprobe/vfs_read")
int misses(void *ctx) {
	bpf_tail_call(ctx, &tools, 1);
	return 1;
}
