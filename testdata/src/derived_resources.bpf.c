// What is derived from a resource: casts of a held socket, memory for keys and
// values from one ring buffer.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 4);
	__type(key, u64);
	__type(value, u64);
} hash SEC(".maps");

SEC("tc")
int two_records(struct __sk_buff *skb) {
	u64 *key = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!key)
		return TC_OK;
	u64 *value = bpf_ringbuf_reserve(&ring, 8, 0);
	if (value) {
		*key = *value = 1;
		bpf_map_update_elem(&hash, key, value, 0); // want "more than one arg with ref_obj_id R3 4 2"
		bpf_ringbuf_discard(value, 0);
	}
	bpf_ringbuf_discard(key, 0);
	return TC_OK;
}
