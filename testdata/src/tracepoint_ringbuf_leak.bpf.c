// Rejected: one path returns without submitting or discarding the record.
#include "bpf.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void *ctx) {
	u64 *id = bpf_ringbuf_reserve(&events, sizeof(*id), 0);
	if (!id)
		return 0;
	*id = bpf_get_current_pid_tgid();
	if (*id >> 32 == 1)
		return 0;
	bpf_ringbuf_submit(id, 0);
	return 0;
} // want "BPF_EXIT instruction in main prog would lead to reference leak"
