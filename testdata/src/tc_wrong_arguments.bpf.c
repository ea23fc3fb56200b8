// Rejected: helpers check the kind and the size of what they are given.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 4);
	__type(key, u64);
	__type(value, u64);
} table SEC(".maps");

SEC("tc")
int short_key(struct __sk_buff *skb) {
	u32 key = 1;
	return bpf_map_lookup_elem(&table, &key) ? TC_SHOT : TC_OK; // want "invalid read from stack R2 off=-4 size=8"
}

SEC("tc")
int number_as_pointer(struct __sk_buff *skb) {
	u64 value = skb->len;
	bpf_map_update_elem(&table, (void *)value, &value, 0); // want "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"
	return TC_OK;
}

SEC("tc")
int unknown_length(struct __sk_buff *skb) {
	u8 buffer[16];
	bpf_skb_load_bytes(skb, 0, buffer, skb->len); // want "R4 invalid zero-sized read: u64=[0,4294967295]"
	return buffer[0];
}

SEC("tc")
int wrong_program_type(struct __sk_buff *skb) {
	return bpf_xdp_adjust_head(skb, 4); // want "program of this type cannot use helper bpf_xdp_adjust_head#44"
}

SEC("tc")
int no_such_helper(struct __sk_buff *skb) {
	long (*unknown)(void) = (void *)9999;
	return unknown(); // want "invalid func unknown#9999"
}
