// Global variables: constants are known to the verifier, the others may change.
#include "net.h"

LICENSE("GPL");

const volatile u32 enabled = 0;
const volatile u32 ports[4] = {22, 80, 443, 8080};
u64 packets;
u64 limit = 1000;
static u8 table[256];

SEC("tc")
int count(struct __sk_buff *skb) {
	if (!enabled)
		return TC_OK;
	if (++packets > limit)
		return TC_SHOT;
	table[skb->protocol & 255]++;
	return skb->remote_port == ports[skb->len & 3] ? TC_SHOT : TC_OK;
}

SEC("tc")
int dead(struct __sk_buff *skb) {
	// The verifier knows that this is 0 and never looks at what follows.
	if (enabled)
		return *(volatile u32 *)0;
	return TC_OK;
}

SEC("tc")
int overrun(struct __sk_buff *skb) {
	return table[skb->len]; // want "R2 unbounded memory access, make sure to bounds check any such access"
}

SEC("tc")
int write_constant(struct __sk_buff *skb) {
	u32 *p = (u32 *)&enabled;
	OPAQUE(p);
	*p = 1; // want "write into map forbidden, value_size=20 off=0 size=4"
	return TC_OK;
}
