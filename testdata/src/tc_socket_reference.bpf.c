// A socket that was looked up is a reference that has to be given back.
#include "net.h"

LICENSE("GPL");

SEC("tc")
int known(struct __sk_buff *skb) {
	struct tuple4 tuple = {.src_port = net16(80), .dst_port = net16(443)};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), -1, 0);
	if (!sk)
		return TC_OK;
	int verdict = sk->state == 10 ? TC_SHOT : TC_OK;
	bpf_sk_release(sk);
	return verdict;
}

SEC("tc")
int leak(struct __sk_buff *skb) {
	struct tuple4 tuple = {.src_port = net16(80)};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), -1, 0);
	return sk ? TC_SHOT : TC_OK; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int after(struct __sk_buff *skb) {
	struct tuple4 tuple = {.src_port = net16(80)};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), -1, 0);
	if (!sk)
		return TC_OK;
	bpf_sk_release(sk);
	return sk->state; // want "R6 invalid mem access 'scalar'"
}

SEC("tc")
int unchecked(struct __sk_buff *skb) {
	struct tuple4 tuple = {.src_port = net16(80)};
	void *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), -1, 0);
	bpf_sk_release(sk); // want "R1 type=sock_or_null expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_"
	return TC_OK;
}
