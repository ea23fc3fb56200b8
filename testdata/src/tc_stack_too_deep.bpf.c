// Rejected: two functions of 320 bytes are more than the 512 of a call chain.
#include "net.h"

LICENSE("GPL");

static NOINLINE int inner(struct __sk_buff *skb) {
	volatile u64 scratch[40];
	for (int i = 0; i < 40; i++)
		scratch[i] = i;
	return scratch[skb->len & 31];
}

SEC("tc") // want program "combined stack size of 2 calls is 640. Too large"
int outer(struct __sk_buff *skb) {
	volatile u64 scratch[40];
	for (int i = 0; i < 40; i++)
		scratch[i] = i;
	return inner(skb) + scratch[2];
}
