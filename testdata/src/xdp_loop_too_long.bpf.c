// Rejected: every iteration is a new state, and there are too many of them.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int sum(struct xdp_md *ctx) {
	u64 n = 0, x = 0;
	for (u64 i = 0; i < 10000000; i++) { // want "BPF program is too large. Processed 1000001 insn"
		x += bpf_get_prandom_u32() & i;
		n += x >> 3;
	}
	return n & 1 ? XDP_DROP : XDP_PASS;
}
