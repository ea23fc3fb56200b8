// Sends an event through the ring buffer at every exec.
#include "bpf.h"

LICENSE("GPL");

struct event {
	u32 pid, uid;
	char comm[16];
};

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct exec_args {
	u16 type;
	u8 flags, preempt_count;
	s32 common_pid, filename, pid, old_pid;
};

SEC("tracepoint/sched/sched_process_exec")
int on_exec(struct exec_args *args) {
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->pid = args->pid;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
