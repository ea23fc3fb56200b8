// Programs on a route: they see packets on their way in and out.
#include "net.h"

LICENSE("GPL");

SEC("lwt_in")
int in(struct __sk_buff *skb) {
	u8 *ip = skb_start(skb);
	if (ip + 20 > (u8 *)skb_end(skb))
		return 2;
	return ip[9] == IP_UDP ? 0 : 2;
}

SEC("lwt_out")
int out(struct __sk_buff *skb) {
	skb->cb[0] = skb->len;
	return 0;
}

SEC("lwt_xmit")
int xmit(struct __sk_buff *skb) {
	u8 *ip = skb_start(skb);
	if (ip + 20 > (u8 *)skb_end(skb))
		return 2;
	ip[8] = 64;
	return 0;
}

SEC("lwt_in")
int write(struct __sk_buff *skb) {
	u8 *ip = skb_start(skb);
	if (ip + 20 > (u8 *)skb_end(skb))
		return 2;
	ip[8] = 64; // want "cannot write into packet"
	return 0;
}
