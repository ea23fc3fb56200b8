// A loop whose progress the kernel keeps count of.
#include "net.h"

LICENSE("GPL");

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int first, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;

u32 table[1000];

SEC("tc")
int sum(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	u32 total = 0;
	int *i;
	bpf_iter_num_new(&it, 0, 1000);
	while ((i = bpf_iter_num_next(&it))) {
		u32 at = *i;
		if (at < 1000)
			total += table[at];
	}
	bpf_iter_num_destroy(&it);
	return total ? TC_SHOT : TC_OK;
}

SEC("tc")
int not_destroyed(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	return TC_OK; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int not_checked(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	int n = *bpf_iter_num_next(&it); // want "R0 invalid mem access 'scalar'"
	bpf_iter_num_destroy(&it);
	return n;
}
