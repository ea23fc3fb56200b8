// Rejected: half of the key that the helper reads was never written.
#include "net.h"

LICENSE("GPL");

struct key {
	u32 port, proto;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 64);
	__type(key, struct key);
	__type(value, u32);
} ports SEC(".maps");

SEC("socket")
int filter(struct __sk_buff *skb) {
	struct key key;
	key.port = skb->protocol;
	return bpf_map_lookup_elem(&ports, &key) ? -1 : 0; // want "invalid read from stack"
}
