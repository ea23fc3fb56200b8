// Lets allocations of one process fail, every second time.
#include "bpf.h"

LICENSE("GPL");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define ENOMEM 12

u32 victim;
u32 asked, failed;

SEC("kprobe/should_failslab")
int inject(struct pt_regs *ctx) {
	if (bpf_get_current_pid_tgid() >> 32 != victim)
		return 0;
	if (asked++ % 2)
		return 0;
	failed++;
	bpf_override_return(ctx, -ENOMEM);
	return 1;
}

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, u64);
} results SEC(".maps");

SEC("kretprobe/vfs_get_tree")
int result(struct pt_regs *ctx) {
	u64 ax = ctx->ax, one = 1, *n = bpf_map_lookup_elem(&results, &ax);
	if (n)
		++*n;
	else
		bpf_map_update_elem(&results, &ax, &one, 0);
	return 0;
}
