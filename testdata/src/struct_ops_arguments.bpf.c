// Arguments of struct_ops programs are what the kernel's stubs say: some may be
// null, some are given to the program to keep.
#include "bpf.h"

LICENSE("GPL");

struct Qdisc;

struct sk_buff {
	u32 len;
} CORE;

struct bpf_sk_buff_ptr {
	struct sk_buff *skb;
} CORE;

struct bpf_dummy_ops_state {
	int val;
} CORE;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *cb);
	int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, unsigned short a2, char a3, unsigned long a4);
} CORE;

struct Qdisc_ops {
	char id[16];
	int (*enqueue)(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free);
	struct sk_buff *(*dequeue)(struct Qdisc *sch);
	void (*reset)(struct Qdisc *sch);
} CORE;

extern void bpf_qdisc_skb_drop(struct sk_buff *skb, struct bpf_sk_buff_ptr *to_free_list) KSYM WEAK;
extern void bpf_kfree_skb(struct sk_buff *skb) KSYM WEAK;

SEC("struct_ops/test_1")
int checks(u64 *ctx) {
	struct bpf_dummy_ops_state *state = (void *)ctx[0];
	return state ? state->val : 0;
}

SEC("struct_ops/test_1")
int does_not_check(u64 *ctx) {
	struct bpf_dummy_ops_state *state = (void *)ctx[0];
	return state->val; // want "R1 invalid mem access 'trusted_ptr_or_null_'"
}

SEC("struct_ops/test_2")
int reads_numbers(u64 *ctx) {
	struct bpf_dummy_ops_state *state = (void *)ctx[0];
	state->val = ctx[1] + ctx[4];
	return (u16)ctx[2];
}

SEC("struct_ops/test_2")
int too_many(u64 *ctx) {
	return ctx[5]; // want "invalid bpf_context access off=40 size=8"
}

SEC("struct_ops/enqueue")
int drops(u64 *ctx) {
	bpf_qdisc_skb_drop((void *)ctx[0], (void *)ctx[2]);
	return 1;
}

SEC("struct_ops/enqueue")
int loses(u64 *ctx) {
	return 1; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("struct_ops/enqueue")
int uses_after_drop(u64 *ctx) {
	struct sk_buff *skb = (void *)ctx[0];
	bpf_qdisc_skb_drop(skb, (void *)ctx[2]);
	return skb->len; // want program "invalid mem access 'scalar'"
}

SEC(".struct_ops.link")
struct bpf_dummy_ops good = {.test_1 = (void *)checks, .test_2 = (void *)reads_numbers};

SEC(".struct_ops.link")
struct bpf_dummy_ops bad = {.test_1 = (void *)does_not_check, .test_2 = (void *)too_many};

SEC(".struct_ops.link")
struct Qdisc_ops dropping = {.enqueue = (void *)drops, .id = "bpflint_drop"};

SEC(".struct_ops.link")
struct Qdisc_ops losing = {.enqueue = (void *)loses, .id = "bpflint_lose"};

SEC(".struct_ops.link")
struct Qdisc_ops reusing = {.enqueue = (void *)uses_after_drop, .id = "bpflint_use"};
