// A tool of the proposed program type gtrace, which no kernel loads: --extensions gtrace.
#include "bpf.h"
#include "../../include/gtrace.h"

LICENSE("GPL");

struct event {
	u64 ip;
	u32 pid, caller;
	char comm[16];
};

struct {
	__uint(type, MAP_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

int trace(struct gtrace_ctx *ctx);

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, int(void *));
} tools SEC(".maps") = { .values = { [0] = (void *)&trace } };

SEC("gtrace")
int trace(struct gtrace_ctx *ctx) {
	struct event e = { .ip = ctx->regs.ip, .pid = ctx->pid, .caller = ctx->caller };
	__builtin_memcpy(e.comm, ctx->comm, sizeof(e.comm));
	return e.pid + e.ip > e.caller && e.comm[0];
}

SEC("kprobe/do_unlinkat")
int from_kprobe(void *regs) {
	bpf_tail_call(regs, &tools, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int from_tracepoint(void *args) {
	bpf_tail_call(args, &tools, 0);
	return 0;
}

SEC("perf_event")
int from_perf_event(void *data) {
	bpf_tail_call(data, &tools, 0);
	return 0;
}

SEC("raw_tracepoint/sched_switch")
int from_raw_tracepoint(void *args) {
	bpf_tail_call(args, &tools, 0);
	return 0;
}

// Rejected: a packet's context cannot be converted.
SEC("xdp")
int from_xdp(void *ctx) {
	bpf_tail_call(ctx, &tools, 0);
	return 2;
}

// Rejected: the context ends before.
SEC("gtrace")
int behind_the_end(struct gtrace_ctx *ctx) { return *((u64 *)(ctx + 1)) & 1; }

// Rejected: the copy is read-only.
SEC("gtrace")
int writes(struct gtrace_ctx *ctx) {
	ctx->pid = 1;
	return 0;
}
