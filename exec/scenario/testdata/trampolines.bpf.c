// Programs that a trampoline calls with the arguments of a function.
#include "bpf.h"

LICENSE("GPL");

u64 entered[5], left[6];

#define COPY(to, from, n) \
	_Pragma("unroll") for (int i = 0; i < n; i++) to[i] = from[i]

// int do_unlinkat(int dfd, struct filename *name): two words.
SEC("fentry/do_unlinkat")
int unlink_begins(u64 *ctx) {
	COPY(entered, ctx, 2);
	return 0;
}

SEC("fexit/do_unlinkat")
int unlink_ends(u64 *ctx) {
	COPY(left, ctx, 3);
	return 0;
}

// Its result replaces the function's.
SEC("fmod_ret/security_file_permission")
int denies(u64 *ctx) { return ctx[1] & 2 ? -13 : 0; }

SEC("lsm/file_ioctl")
int no_ioctl(u64 *ctx) { return ctx[1] == 0x5401 ? -1 : 0; }

SEC("tp_btf/sys_exit")
int system_call(u64 *ctx) {
	static const char format[] = "returned %ld";
	bpf_trace_printk(format, sizeof format, ctx[1]);
	return 0;
}

// No kernel has it: five arguments are saved, and the result behind them.
SEC("fexit/not_in_the_types")
int unknown(u64 *ctx) {
	static const char format[] = "%ld %ld %ld";
	bpf_trace_printk(format, sizeof format, ctx[0], ctx[4], ctx[5]);
	return 0;
}
