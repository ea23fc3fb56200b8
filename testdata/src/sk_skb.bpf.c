// Streams of sockets in a map: where messages end and where they go.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_SOCKMAP);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

SEC("sk_skb/stream_parser")
int length(struct __sk_buff *skb) {
	return skb->len;
}

SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff *skb) {
	u8 *data = skb_start(skb);
	if (data + 1 > (u8 *)skb_end(skb))
		return 0;
	return bpf_sk_redirect_map(skb, &sockets, *data & 7, 0);
}

SEC("sk_skb/stream_verdict")
int mark(struct __sk_buff *skb) {
	skb->mark = 1; // want "invalid bpf_context access off=8 size=4"
	return 1;
}
