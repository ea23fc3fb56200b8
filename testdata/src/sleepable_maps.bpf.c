// Which maps sleepable programs may use. The hook may sleep in all kernels.
#include "bpf.h"
#include "objects.h"

LICENSE("GPL");

#define MAP(name, ...) struct { __VA_ARGS__ } name SEC(".maps")
#define SIZES __uint(max_entries, 4096); __type(key, u32); __type(value, u64);

struct locked {
	struct bpf_spin_lock lock;
	u64 count;
};

MAP(hash, __uint(type, MAP_HASH); SIZES);
MAP(growing, __uint(type, MAP_HASH); __uint(map_flags, NO_PREALLOC); SIZES);
MAP(lru, __uint(type, MAP_LRU_HASH); SIZES);
MAP(percpu, __uint(type, MAP_PERCPU_ARRAY); SIZES);
MAP(ring, __uint(type, MAP_RINGBUF); __uint(max_entries, 4096););
MAP(queue, __uint(type, MAP_QUEUE); __uint(max_entries, 8); __type(value, u64););
MAP(stack, __uint(type, MAP_STACK); __uint(max_entries, 8); __type(value, u64););
MAP(trie, __uint(type, MAP_LPM_TRIE); __uint(map_flags, NO_PREALLOC); __uint(max_entries, 8); __type(key, u64); __type(value, u64););
MAP(traces, __uint(type, MAP_STACK_TRACE); __uint(max_entries, 8); __uint(key_size, 4); __uint(value_size, 1016););
MAP(events, __uint(type, MAP_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4););
MAP(jumps, __uint(type, MAP_PROG_ARRAY); __uint(max_entries, 2); __type(key, u32); __type(value, u32););
MAP(counted, __uint(type, MAP_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct locked););

#define USES(program, map) \
	SEC("lsm.s/bprm_committed_creds") \
	int program(u64 *ctx) { \
		void *m = &map; \
		OPAQUE(m); \
		return 0; \
	}

USES(uses_hash, hash)
USES(uses_growing_hash, growing) // want 5.10 program "Sleepable programs can only use preallocated hash maps"
USES(uses_lru, lru)
USES(uses_percpu_array, percpu)
USES(uses_ring, ring)
USES(uses_queue, queue) // want 6.1 program "Sleepable programs can only use array, hash, and ringbuf maps"
USES(uses_stack, stack)
USES(uses_trie, trie) // want program "Sleepable programs can only use array, hash, ringbuf and local storage maps"
USES(uses_stack_traces, traces) // want program "Sleepable programs can only use array, hash, ringbuf and local storage maps"
USES(uses_events, events) // want program "Sleepable programs can only use array, hash, ringbuf and local storage maps"
USES(uses_program_array, jumps) // want program "Sleepable programs can only use array, hash, ringbuf and local storage maps"
USES(uses_lock, counted) // want 6.1 program "sleepable progs cannot use bpf_spin_lock yet"

// 5.10 wants memory that is there before the event.
SEC("perf_event")
int growing_in_perf_event(void *ctx) { // want 5.10 program "perf_event programs can only use preallocated hash map"
	void *m = &growing;
	OPAQUE(m);
	return 0;
}

SEC("kprobe/vfs_read")
int growing_in_kprobe(void *ctx) {
	void *m = &growing;
	OPAQUE(m);
	return 0;
}
