// Programs that see the registers of arm64.
#include "bpf.h"

LICENSE("GPL");

struct user_pt_regs {
	u64 regs[31], sp, pc, pstate;
};

struct bpf_perf_event_data {
	struct user_pt_regs regs;
	u64 sample_period, addr;
};

SEC("kprobe/vfs_unlink")
int begins(struct user_pt_regs *ctx) {
	static const char format[] = "%lx: %ld %ld";
	bpf_trace_printk(format, sizeof format, ctx->pc, ctx->regs[0], ctx->regs[7]);
	return 0;
}

SEC("kretprobe/vfs_unlink")
int ends(struct user_pt_regs *ctx) {
	static const char format[] = "returned %ld";
	bpf_trace_printk(format, sizeof format, ctx->regs[0]);
	return 0;
}

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx) {
	static const char format[] = "%lx: %ld, %lx";
	bpf_trace_printk(format, sizeof format, ctx->regs.pc, ctx->sample_period, ctx->addr);
	return 0;
}
