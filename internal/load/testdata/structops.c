/* Tables of functions for the kernel, and variables in an arena. */
#include "defs.h"

struct sock;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*init)(struct sock *sk);
	char name[16];
};

struct {
	__uint(type, 33);
	__uint(map_flags, 1 << 10);
	__uint(max_entries, 10);
} arena SEC(".maps");

__u64 __attribute__((address_space(1))) shared SEC(".addr_space.1");

SEC("struct_ops")
__u32 threshold(__u64 *ctx)
{
	return 2;
}

SEC("struct_ops.s")
void start(__u64 *ctx)
{
	bpf_map_lookup_elem(&arena, &ctx);
	shared++;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops table = {
	.ssthresh = (void *)threshold,
	.init = (void *)start,
	.name = "example",
};

