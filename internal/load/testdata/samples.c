/* Maps as in the kernel's samples before 5.12, built without types. */
#include "defs.h"

struct bpf_map_def {
	__u32 type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node;
};

struct bpf_map_def a_first SEC("maps") = { .type = 1, .key_size = 4, .value_size = 16, .max_entries = 3 };
struct bpf_map_def b_outer SEC("maps") = { .type = 12, .key_size = 4, .max_entries = 2, .inner_map_idx = 0 };
struct bpf_map_def c_trie SEC("maps") = { .type = 11, .key_size = 8, .value_size = 4, .max_entries = 9 };

static __u32 state;

static __attribute__((noinline)) int helper(__u32 n)
{
	return n + state++;
}

SEC("socket1")
int filter(struct __sk_buff *skb)
{
	__u32 key = 0;

	bpf_map_lookup_elem(&b_outer, &key);
	bpf_map_lookup_elem(&c_trie, &key);
	return helper(skb->len);
}
