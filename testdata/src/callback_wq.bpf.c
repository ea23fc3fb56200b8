// Work queues since Linux 7.1: the kernel adds the program to the call itself.
#include "objects.h"

LICENSE("GPL");

extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, u32 flags) KSYM;
extern int bpf_wq_start(struct bpf_wq *wq, u32 flags) KSYM;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value), u32 flags) KSYM;

struct work {
	u64 count;
	struct bpf_wq wq;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct work);
} works SEC(".maps");

static int later(void *map, int *key, void *value) {
	((struct work *)value)->count++;
	return 0;
}

static int later_wrong(void *map, int *key, void *value) {
	return 3; // want 7.2 "At async callback return the register R0 has smin=3 smax=3 should have been in [0, 0]"
}

SEC("tc")
int queue(void *ctx) {
	u32 key = 0;
	struct work *w = bpf_map_lookup_elem(&works, &key);
	if (!w || bpf_wq_init(&w->wq, &works, 0))
		return 0;
	bpf_wq_set_callback(&w->wq, later, 0);
	bpf_wq_start(&w->wq, 0);
	return 0;
}

SEC("tc")
int queue_range(void *ctx) {
	u32 key = 0;
	struct work *w = bpf_map_lookup_elem(&works, &key);
	if (!w || bpf_wq_init(&w->wq, &works, 0))
		return 0;
	bpf_wq_set_callback(&w->wq, later_wrong, 0);
	return 0;
}
