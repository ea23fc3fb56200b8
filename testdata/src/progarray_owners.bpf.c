// Program arrays that several kinds of programs use: the first one to come decides
// for whom an array is. Each program loads alone.
#include "net.h"

LICENSE("GPL");

#define STORAGE(name) \
	struct { \
		__uint(type, MAP_CGROUP_STORAGE); \
		__type(key, struct cgroup_key); \
		__type(value, u64); \
	} name SEC(".maps")

#define ARRAY(name, ...) \
	struct { \
		__uint(type, MAP_PROG_ARRAY); \
		__uint(max_entries, 2); \
		__type(key, u32); \
		__array(values, int(void *)); \
	} name SEC(".maps") = { .values = { __VA_ARGS__ } }

struct cgroup_key {
	u64 inode;
	u32 type;
};

STORAGE(mine);
STORAGE(other);

int keeps_mine(void *skb);
int keeps_other(void *skb);
int keeps_none(void *skb);
int keeps_none_and_calls(void *skb);

ARRAY(empty);
ARRAY(next_mine, (void *)&keeps_mine, (void *)&keeps_none);
ARRAY(next_other, (void *)&keeps_other);
ARRAY(next_calls, (void *)&keeps_none_and_calls);
ARRAY(shared);

static u64 *(*local_storage)(void *map, u64 flags) = (void *)81;

SEC("cgroup_skb/ingress")
int keeps_mine(void *skb) {
	++*local_storage(&mine, 0);
	return 1;
}

SEC("cgroup_skb/ingress")
int keeps_other(void *skb) {
	++*local_storage(&other, 0);
	return 1;
}

SEC("cgroup_skb/ingress")
int keeps_none(void *skb) { return 1; }

SEC("cgroup_skb/ingress")
int keeps_none_and_calls(void *skb) {
	bpf_tail_call(skb, &empty, 0);
	return 1;
}

SEC("cgroup_skb/ingress")
int one_storage(void *skb) {
	++*local_storage(&mine, 0);
	bpf_tail_call(skb, &next_mine, 0);
	return 1;
}

SEC("cgroup_skb/ingress")
int two_storages(void *skb) {
	++*local_storage(&mine, 0);
	bpf_tail_call(skb, &next_other, 0);
	return 1;
}

SEC("cgroup_skb/ingress")
int storage_is_lost(void *skb) {
	++*local_storage(&mine, 0);
	bpf_tail_call(skb, &next_calls, 0);
	return 1;
}

SEC("xdp")
int shares(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &shared, 0);
	return XDP_PASS;
}

SEC("tc")
int shares_as_well(struct __sk_buff *skb) {
	bpf_tail_call(skb, &shared, 0);
	return 0;
}

// Loaders leave it out, so that it bothers nobody.
SEC("?socket")
int optional(struct __sk_buff *skb) {
	bpf_tail_call(skb, &shared, 0);
	return 0;
}
