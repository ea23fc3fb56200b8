// Program arrays whose members their callers can and cannot call.
#include "net.h"

LICENSE("GPL");

int next_xdp(struct xdp_md *ctx);
int next_frags(struct xdp_md *ctx);
int next_tc(struct __sk_buff *ctx);

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, int(void *));
} good SEC(".maps") = { .values = { [1] = (void *)&next_xdp } };

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, int(void *));
} other_type SEC(".maps") = { .values = { [1] = (void *)&next_tc } };

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, int(void *));
} other_frags SEC(".maps") = { .values = { [1] = (void *)&next_frags } };

SEC("xdp")
int next_xdp(struct xdp_md *ctx) { return XDP_PASS; }

SEC("xdp.frags")
int next_frags(struct xdp_md *ctx) { return XDP_PASS; }

SEC("tc")
int next_tc(struct __sk_buff *ctx) { return 0; }

SEC("xdp")
int calls(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &good, 1);
	return XDP_PASS;
}

SEC("xdp")
int calls_nothing(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &good, 2);
	return XDP_PASS;
}

SEC("xdp")
int calls_tc(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &other_type, 1);
	return XDP_PASS;
}

SEC("xdp")
int calls_frags(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &other_frags, 1);
	return XDP_PASS;
}
