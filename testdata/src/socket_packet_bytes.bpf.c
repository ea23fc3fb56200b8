// The way to read packets that is as old as BPF: the instructions LD_ABS and
// LD_IND.
#include "net.h"

LICENSE("GPL");

u64 load_byte(void *skb, u64 off) asm("llvm.bpf.load.byte");
u64 load_half(void *skb, u64 off) asm("llvm.bpf.load.half");

SEC("socket")
int udp_only(struct __sk_buff *skb) {
	if (load_half(skb, 12) != ETH_IP)
		return 0;
	return load_byte(skb, 14 + 9) == IP_UDP ? -1 : 0;
}

SEC("socket")
int port(struct __sk_buff *skb) {
	u64 at = 14 + (load_byte(skb, 14) & 15) * 4;
	return load_half(skb, at + 2) == 53 ? -1 : 0;
}
