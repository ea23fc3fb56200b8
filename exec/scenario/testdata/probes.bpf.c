// Programs of several kinds that look at what they are called with.
#include "bpf.h"

LICENSE("GPL");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

char name[16];
u64 error;
u32 first;

SEC("kprobe/vfs_unlink")
int path(struct pt_regs *ctx) {
	error = bpf_probe_read_kernel_str(name, sizeof name, (void *)ctx->si);
	return ctx->si != 0;
}

SEC("kprobe/vfs_unlink_checked")
int word(struct pt_regs *ctx) {
	u32 v = 7;
	error = bpf_probe_read_kernel(&v, sizeof v, (void *)ctx->si);
	first = v;
	return 0;
}

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} calls SEC(".maps");

SEC("kprobe/htab_map_update_elem")
int again(struct pt_regs *ctx) {
	u32 key = 1;
	u64 one = 1;
	bpf_map_update_elem(&calls, &key, &one, 0);
	return 0;
}

struct record {
	u64 common;
	int number;
	u32 pad;
	u64 filename;
	char comm[16];
};

SEC("tracepoint/syscalls/sys_enter_openat")
int opened(struct record *ctx) {
	static const char format[] = "%d %s";
	bpf_trace_printk(format, sizeof format, ctx->number, ctx->filename);
	return 0;
}

SEC("raw_tracepoint/sched_switch")
int switched(u64 *ctx) { return ctx[1] - ctx[0]; }

SEC("xdp")
int drop(void *ctx) { return 1; }
