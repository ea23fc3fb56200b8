// Atomic operations that give back the old value need a kernel from 5.12.
#include "net.h"

LICENSE("GPL");

u64 packets, most, last;

SEC("tc")
int update(struct __sk_buff *skb) {
	u64 n = __sync_fetch_and_add(&packets, 1);
	u64 old = __sync_lock_test_and_set(&last, skb->len);
	__sync_val_compare_and_swap(&most, old, n);
	__sync_fetch_and_or(&most, 1);
	return old > n ? TC_SHOT : TC_OK;
}

SEC("tc")
int on_packet(struct __sk_buff *skb) {
	u64 *p = skb_start(skb);
	if ((void *)(p + 1) > skb_end(skb))
		return TC_OK;
	__sync_fetch_and_add(p, 1); // want "BPF_ATOMIC stores into R1 pkt is not allowed"
	return TC_OK;
}
