// Packets of a group of processes: the result says whether they pass.
#include "net.h"

LICENSE("GPL");

struct storage_key {
	u64 id;
	u32 attach_type;
};

struct {
	__uint(type, MAP_CGROUP_STORAGE);
	__type(key, struct storage_key);
	__type(value, u64);
} bytes SEC(".maps");

SEC("cgroup_skb/egress")
int count(struct __sk_buff *skb) {
	u64 *n = bpf_get_local_storage(&bytes, 0);
	__sync_fetch_and_add(n, skb->len);
	return 1;
}

SEC("cgroup_skb/ingress")
int with_socket(struct __sk_buff *skb) {
	struct bpf_sock *sk = skb->sk;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	return !sk || sk->mark != 7;
}

SEC("cgroup_skb/ingress")
int maybe(struct __sk_buff *skb) {
	return skb->len; // want "At program exit the register R0 has"
}
