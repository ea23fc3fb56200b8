// Sleepable programs: sections with ".s", for hooks that may sleep, with maps
// and helpers that allow it.
#include "bpf.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct {
	__uint(type, MAP_QUEUE);
	__uint(max_entries, 8);
	__type(value, u64);
} queue SEC(".maps");

struct {
	__uint(type, MAP_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("fentry.s/bpf_fentry_test1")
int copies(u64 *ctx) {
	u64 value = 0;
	return bpf_copy_from_user(&value, sizeof(value), (void *)16) ? 0 : 0;
}

SEC("fentry/bpf_fentry_test1")
int copies_without_leave(u64 *ctx) {
	u64 value = 0;
	return bpf_copy_from_user(&value, sizeof(value), (void *)16) ? 0 : 0; // want "helper call might sleep in a non-sleepable prog"
}

SEC("fentry.s/bpf_fentry_test1")
int counts_calls(u64 *ctx) {
	u32 key = 0;
	u64 *n = bpf_map_lookup_elem(&counts, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

SEC("fentry.s/bpf_fentry_test1")
int queues(u64 *ctx) {
	u64 value = 1;
	bpf_map_push_elem(&queue, &value, 0);
	return 0;
}

SEC("fentry.s/bpf_fentry_test1") // want program "Sleepable programs can only use array, hash, ringbuf and local storage maps"
int reports(u64 *ctx) {
	u64 value = 1;
	bpf_perf_event_output(ctx, &events, 0xffffffff, &value, sizeof(value));
	return 0;
}

SEC("fentry.s/vfs_read") // want program "vfs_read is not sleepable"
int hook_cannot_sleep(u64 *ctx) {
	return 0;
}

SEC("lsm.s/task_free") // want program "bpf_lsm_task_free is not sleepable"
int lsm_cannot_sleep(u64 *ctx) {
	return 0;
}

SEC("uprobe.s")
int user_probe(void *ctx) {
	u64 value = 0;
	return bpf_copy_from_user(&value, sizeof(value), (void *)16) ? 0 : 0;
}

SEC("iter.s/task")
int iterates(u64 *ctx) {
	u64 value = 0;
	return bpf_copy_from_user(&value, sizeof(value), (void *)16) ? 0 : 0;
}
