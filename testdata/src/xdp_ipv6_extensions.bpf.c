// Walks over the extension headers of IPv6 in a loop with a bound.
#include "net.h"

LICENSE("GPL");

struct extension {
	u8 next, len;
};

SEC("xdp")
int walk(struct xdp_md *ctx) {
	u8 *p = start(ctx);
	if (p + 54 > (u8 *)end(ctx))
		return XDP_PASS;
	u8 next = p[20];
	p += 54;
	for (int i = 0; i < 6; i++) {
		if (next != 0 && next != 43 && next != 60)
			break;
		struct extension *e = (void *)p;
		if ((void *)(e + 1) > end(ctx))
			return XDP_PASS;
		next = e->next;
		p += (e->len + 1) * 8;
	}
	return next == IP_UDP ? XDP_DROP : XDP_PASS;
}
