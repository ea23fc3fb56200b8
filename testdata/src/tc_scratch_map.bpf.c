// Too big for the stack: a buffer in an array of every CPU. The compiler makes
// one comparison of the two in copy, with len - 1; a kernel has to see that it
// says something about len.
#include "net.h"

LICENSE("GPL");

struct scratch {
	u8 bytes[1024];
	u32 used;
};

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

SEC("tc")
int copy(struct __sk_buff *skb) {
	u32 zero = 0, len = skb->len;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s || len == 0 || len > sizeof(s->bytes))
		return TC_OK;
	if (bpf_skb_load_bytes(skb, 0, s->bytes, len)) // want "R4 invalid zero-sized read: u64=[0,4294967295]"
		return TC_OK;
	s->used = len;
	return s->bytes[0] == 0x60 ? TC_SHOT : TC_OK;
}

SEC("tc")
int append(struct __sk_buff *skb) {
	u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s)
		return TC_OK;
	// What was stored in a map may have been changed by another program.
	s->bytes[s->used] = 1; // want "R0 unbounded memory access, make sure to bounds check any such access"
	return TC_OK;
}
