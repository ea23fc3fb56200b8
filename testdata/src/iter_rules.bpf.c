// Open-coded iterators: how loops over them end, and what may become of an
// iterator on the stack.
#include "net.h"

LICENSE("GPL");

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

struct bpf_iter_bits {
	u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *mem, u32 words) KSYM WEAK;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) KSYM WEAK;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) KSYM WEAK;

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8[16]);
} values SEC(".maps");

SEC("tc")
int sum(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	int *i, s = 0;
	bpf_iter_num_new(&it, 0, 1000000);
	while ((i = bpf_iter_num_next(&it)))
		s += *i;
	bpf_iter_num_destroy(&it);
	return s;
}

SEC("tc")
int no_destroy(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	return TC_OK; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int early_return(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	int *i;
	bpf_iter_num_new(&it, 0, 10);
	while ((i = bpf_iter_num_next(&it)))
		if (*i == skb->len)
			return *i; // want program "BPF_EXIT instruction in main prog would lead to reference leak"
	bpf_iter_num_destroy(&it);
	return TC_OK;
}

SEC("tc")
int no_null_check(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	int *i = bpf_iter_num_next(&it);
	int n = *(volatile int *)i; // want program "R0 invalid mem access 'scalar'"
	bpf_iter_num_destroy(&it);
	return n;
}

SEC("tc")
int element_after_destroy(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	int n = 0;
	bpf_iter_num_new(&it, 0, 10);
	int *i = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	if (i)
		n = *i; // want program "R7 invalid mem access 'scalar'"
	return n;
}

SEC("tc")
int made_twice(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_num_new(&it, 0, 10); // want "expected uninitialized iter_num as arg #0"
	bpf_iter_num_destroy(&it);
	return TC_OK;
}

SEC("tc")
int wrong_iterator(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_bits_next((void *)&it); // want program "expected an initialized iter_bits as arg #0"
	bpf_iter_num_destroy(&it);
	return TC_OK;
}

SEC("tc")
int index_not_bounded(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	u32 key = 0;
	int *i, s = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return TC_OK;
	bpf_iter_num_new(&it, 0, 16);
	while ((i = bpf_iter_num_next(&it)))
		s += v[*i]; // want program "value -2147483648 makes map_value pointer be out of bounds"
	bpf_iter_num_destroy(&it);
	return s;
}

SEC("tc")
int index_bounded(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	u32 key = 0;
	int *i, s = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return TC_OK;
	bpf_iter_num_new(&it, 0, 16);
	while ((i = bpf_iter_num_next(&it))) {
		u32 n = *i;
		if (n < 16)
			s += v[n];
	}
	bpf_iter_num_destroy(&it);
	return s;
}

// The counter is not the iterator's: nothing bounds it.
SEC("tc")
int own_counter(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	u32 key = 0, n = 0, s = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return TC_OK;
	bpf_iter_num_new(&it, 0, 16);
	while (bpf_iter_num_next(&it)) {
		s += v[n]; // want program "R2 min value is outside of the allowed memory range"
		n++;
		OPAQUE(n);
	}
	bpf_iter_num_destroy(&it);
	return s;
}

SEC("tc")
int nested(struct __sk_buff *skb) {
	struct bpf_iter_num a, b;
	int *i, *j, s = 0;
	bpf_iter_num_new(&a, 0, 100);
	while ((i = bpf_iter_num_next(&a))) {
		bpf_iter_num_new(&b, 0, 100);
		while ((j = bpf_iter_num_next(&b)))
			s += *i ^ *j;
		bpf_iter_num_destroy(&b);
	}
	bpf_iter_num_destroy(&a);
	return s;
}

// A pointer that is lost in the loop must not be used in the next turn.
SEC("tc")
int stale_after_first_turn(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int s = 0;
	if (data + 4 > end)
		return TC_OK;
	bpf_iter_num_new(&it, 0, 4);
	while (bpf_iter_num_next(&it)) {
		s += *(volatile u8 *)data; // want program "R9 invalid mem access 'scalar'"
		if (skb->mark)
			bpf_skb_pull_data(skb, 4);
	}
	bpf_iter_num_destroy(&it);
	return s;
}

SEC("tc")
int bits(struct __sk_buff *skb) {
	struct bpf_iter_bits it;
	u64 mask = skb->len;
	int *i, s = 0;
	bpf_iter_bits_new(&it, &mask, 1);
	while ((i = bpf_iter_bits_next(&it)))
		s += *i;
	bpf_iter_bits_destroy(&it);
	return s;
}

static NOINLINE int next_of(struct bpf_iter_num *it) {
	int *i = bpf_iter_num_next(it);
	return i ? *i : -1;
}

SEC("tc")
int in_function(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	int s = 0;
	bpf_iter_num_new(&it, 0, 100);
	for (int k = 0; k < 10; k++)
		s += next_of(&it);
	bpf_iter_num_destroy(&it);
	return s;
}

SEC("tc")
int never_drained(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 100);
	bpf_iter_num_next(&it);
	for (;;) // want program "infinite loop detected at insn 10"
		if (!skb)
			break;
	bpf_iter_num_destroy(&it);
	return TC_OK;
}
