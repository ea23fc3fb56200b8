// Rejected: the loop ends only when the packet says so, and nothing changes
// from one iteration to the next.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int spin(struct xdp_md *ctx) {
	volatile u8 *p = start(ctx);
	if (p + 1 > (u8 *)end(ctx))
		return XDP_PASS;
	while (*p != 0) // want "infinite loop detected at insn 8"
		;
	return XDP_DROP;
}
