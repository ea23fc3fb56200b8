// Instructions of cpu v4: signed division and loads, long jumps, byte swaps.
#include "net.h"

LICENSE("GPL");

SEC("tc")
int compute(struct __sk_buff *skb) {
	s32 len = skb->len, mark = skb->mark;
	s8 *data = skb_start(skb);
	if ((void *)(data + 4) > skb_end(skb))
		return TC_OK;
	s64 x = data[1];
	x += len / (mark | 1) + (s64)(s16)mark % 7;
	x ^= __builtin_bswap32(len);
	return x < 0 ? TC_SHOT : TC_OK;
}

SEC("tc")
int marks(struct __sk_buff *skb) {
	skb->mark = 5; // want 5.10 6.1 "BPF_ST stores into R1 ctx is not allowed"
	return TC_OK;
}
