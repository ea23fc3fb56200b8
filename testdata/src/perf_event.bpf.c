// Samples of a hardware counter.
#include "bpf.h"

LICENSE("GPL");

struct bpf_perf_event_data {
	u64 regs[21];
	u64 sample_period, addr;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} samples SEC(".maps");

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx) {
	u64 ip = ctx->regs[16], one = 1;
	u64 *n = bpf_map_lookup_elem(&samples, &ip);
	if (n)
		*n += ctx->sample_period;
	else
		bpf_map_update_elem(&samples, &ip, &one, 1);
	return 0;
}

SEC("perf_event")
int half(struct bpf_perf_event_data *ctx) {
	return *(volatile u64 *)((void *)ctx + 12); // want "invalid bpf_context access off=12 size=8"
}
