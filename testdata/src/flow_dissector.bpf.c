// Finds the addresses of a packet for the network stack.
#include "net.h"

LICENSE("GPL");

struct bpf_flow_keys {
	u16 nhoff, thoff, addr_proto;
	u8 is_frag, is_first_frag, is_encap, ip_proto;
	be16 n_proto, sport, dport;
	be32 src[4], dst[4];
	u32 flags;
	be32 flow_label;
};

SEC("flow_dissector")
int dissect(struct __sk_buff *skb) {
	struct bpf_flow_keys *keys = skb->flow_keys;
	struct ipv4 ip;
	if (keys->n_proto != net16(ETH_IP))
		return 2;
	if (bpf_skb_load_bytes(skb, keys->thoff, &ip, sizeof(ip)))
		return 2;
	keys->addr_proto = ETH_IP;
	keys->ip_proto = ip.proto;
	keys->src[0] = ip.src;
	keys->dst[0] = ip.dst;
	keys->thoff += (ip.version_len & 15) * 4;
	return 0;
}

SEC("flow_dissector")
int beyond(struct __sk_buff *skb) {
	struct bpf_flow_keys *keys = skb->flow_keys;
	return *(volatile u32 *)(keys + 1); // want "invalid access to flow keys off=56 size=4"
}
