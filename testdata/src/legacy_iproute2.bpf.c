// Maps and sections of the loader in iproute2: a section "2/1" is a program in
// slot 1 of the array of programs whose id is 2.
#include "net.h"

LICENSE("GPL");

struct bpf_elf_map {
	u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

struct bpf_elf_map jumps SEC("maps") = {
	.type = MAP_PROG_ARRAY,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 4,
	.id = 2,
};

SEC("classifier")
int first(struct __sk_buff *skb) {
	bpf_tail_call(skb, &jumps, 1);
	return -1;
}

SEC("2/1")
int second(struct __sk_buff *skb) {
	return skb->len > 100 ? TC_SHOT : TC_OK;
}
