// Memory whose bounds are checked when the program runs.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc")
int record(struct __sk_buff *skb) {
	struct bpf_dynptr ptr;
	if (bpf_ringbuf_reserve_dynptr(&events, skb->len, 0, &ptr)) {
		((void (*)(void *, u64))200)(&ptr, 0);
		return TC_OK;
	}
	u32 *p = bpf_dynptr_data(&ptr, 0, 8);
	if (p)
		p[1] = skb->mark;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return TC_OK;
}

SEC("tc")
int lose(struct __sk_buff *skb) {
	struct bpf_dynptr ptr;
	bpf_ringbuf_reserve_dynptr(&events, 16, 0, &ptr);
	return TC_OK; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int look_inside(struct __sk_buff *skb) {
	struct bpf_dynptr ptr;
	bpf_ringbuf_reserve_dynptr(&events, 16, 0, &ptr);
	u64 inside = *(volatile u64 *)&ptr; // want "invalid read from stack"
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return inside;
}
