// Maps are objects of the kernel: their fields can be read.
#include "bpf.h"

LICENSE("GPL");

struct bpf_map {
	u32 max_entries;
} CORE;

struct bpf_htab {
	struct bpf_map map;
	u32 n_buckets;
} CORE;

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} table SEC(".maps");

u64 seen;

SEC("raw_tp/sys_enter")
int size(void *ctx) {
	struct bpf_htab *t = (void *)&table;
	seen = t->map.max_entries + t->n_buckets;
	return 0;
}

SEC("raw_tp/sys_enter")
int grow(void *ctx) {
	struct bpf_map *t = (void *)&table;
	t->max_entries = 1; // want "only read from bpf_htab is supported"
	return 0;
}

SEC("raw_tp/sys_enter")
int beyond(void *ctx) {
	seen = *(u64 *)((void *)&table + 65536 / 16); // want "access beyond struct bpf_htab at off 4096 size 8"
	return 0;
}
