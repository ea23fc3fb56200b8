/* Maps and sections as iproute2 defines them, built without types. */
#include "defs.h"

struct bpf_elf_map {
	__u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

struct bpf_elf_map inner SEC("maps") = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3, .id = 7 };
struct bpf_elf_map outer SEC("maps") = { .type = 13, .size_key = 4, .size_value = 4, .max_elem = 2, .pinning = 2, .inner_id = 7 };
struct bpf_elf_map calls SEC("maps") = { .type = 3, .size_key = 4, .size_value = 4, .max_elem = 8, .id = 2 };

SEC("2/1")
int tail(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("2/5")
int tail5(struct __sk_buff *skb)
{
	return 5;
}

SEC("classifier")
int cls(struct __sk_buff *skb)
{
	__u32 key = 0;

	bpf_map_lookup_elem(&outer, &key);
	bpf_tail_call(skb, &calls, 1);
	return 0;
}

SEC("action")
int act(struct __sk_buff *skb)
{
	return 1;
}
