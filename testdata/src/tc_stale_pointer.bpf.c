// Rejected: bpf_skb_pull_data may move the packet, so the old pointers are void.
#include "net.h"

LICENSE("GPL");

SEC("tc")
int stale(struct __sk_buff *skb) {
	u8 *data = skb_start(skb);
	if (data + 34 > (u8 *)skb_end(skb))
		return TC_OK;
	bpf_skb_pull_data(skb, 54);
	return data[23] == IP_TCP ? TC_SHOT : TC_OK; // want "R6 invalid mem access 'scalar'"
}
