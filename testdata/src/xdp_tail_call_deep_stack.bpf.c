// Rejected: a tail call keeps the stack of the callers, which may take at most
// 256 bytes.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} stages SEC(".maps");

static NOINLINE int next(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &stages, 0);
	return 1;
}

SEC("xdp") // want program "tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large"
int deep(struct xdp_md *ctx) {
	volatile u64 scratch[38];
	for (int i = 0; i < 38; i++)
		scratch[i] = i;
	return next(ctx) ? scratch[3] : scratch[7];
}
