// Writes to the packet and mends its checksum; the pointers are read again after
// the helper that may move the packet.
#include "net.h"

LICENSE("GPL");

SEC("tc")
int rewrite(struct __sk_buff *skb) {
	struct ethernet *eth = skb_start(skb);
	struct ipv4 *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > skb_end(skb)) {
		if (bpf_skb_pull_data(skb, sizeof(*eth) + sizeof(*ip)))
			return TC_OK;
		eth = skb_start(skb);
		ip = (void *)(eth + 1);
		if ((void *)(ip + 1) > skb_end(skb))
			return TC_OK;
	}
	if (eth->proto != net16(ETH_IP) || ip->ttl <= 1)
		return TC_OK;
	u16 old = ip->ttl;
	ip->ttl = 64;
	bpf_l3_csum_replace(skb, sizeof(*eth) + __builtin_offsetof(struct ipv4, check), old, 64, 2);
	return TC_OK;
}
