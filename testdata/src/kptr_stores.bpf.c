// Pointers in a map's value that are tagged "kptr": kernels before 6.4 let
// programs store pointers there that they do not own, later ones do not.
#include "net.h"

LICENSE("GPL");

struct task_struct {
	int pid;
	struct task_struct *real_parent;
} CORE;

struct cgroup {
	int level;
} CORE;

struct inside {
	struct task_struct TYPE_TAG("kptr") * task;
};

struct slot {
	u64 time;
	struct task_struct TYPE_TAG("kptr") * task;
	struct cgroup TYPE_TAG("kptr") * cgroup;
};

struct deep {
	u64 time;
	struct inside inside;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct deep);
} deeps SEC(".maps");

INLINE struct slot *slot(void) {
	u32 key = 0;
	return bpf_map_lookup_elem(&slots, &key);
}

SEC("tp_btf/sched_switch")
int keep_task(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		s->task = (void *)bpf_get_current_task_btf(); // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_parent(u64 *ctx) {
	struct slot *s = slot();
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	if (s)
		s->task = task->real_parent; // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_null(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		s->task = NULL; // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_wrong(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		s->cgroup = (void *)bpf_get_current_task_btf(); // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_inside(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		s->task = (void *)bpf_get_current_task_btf() + 8; // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_number(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		*(volatile u64 *)&s->task = 5; // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_half(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		*(volatile u32 *)&s->task = 0; // want "kptr access size must be BPF_DW"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_between(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		asm volatile("*(u64 *)(%[s] + 12) = %[n]" : : [s] "r"(s), [n] "r"(0) : "memory"); // want "kptr access misaligned expected=8 off=12"
	return 0;
}

SEC("tp_btf/sched_switch")
int move_pointer(u64 *ctx) {
	struct slot *s = slot();
	struct task_struct *volatile *task = s ? &s->task : NULL;
	if (task)
		*task = *task; // want "store to referenced kptr disallowed"
	return 0;
}

SEC("tp_btf/sched_switch")
int read_task(u64 *ctx) {
	struct slot *s = slot();
	struct task_struct *task;
	if (!s)
		return 0;
	task = s->task;
	return task ? task->pid : 0;
}

SEC("tp_btf/sched_switch")
int read_group(u64 *ctx) {
	struct slot *s = slot();
	struct cgroup *cgroup;
	if (!s)
		return 0;
	cgroup = s->cgroup;
	return cgroup ? cgroup->level : 0;
}

SEC("tp_btf/sched_switch")
int read_unchecked(u64 *ctx) {
	struct slot *s = slot();
	return s ? s->task->pid : 0; // want "R1 invalid mem access 'rcu_ptr_or_null_'"
}

SEC("tp_btf/sched_switch")
int add_atomically(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		__sync_fetch_and_add((u64 *)&s->task, 1); // want "kptr in map can only be accessed using BPF_MEM instruction mode"
	return 0;
}

SEC("tp_btf/sched_switch")
int copy_value(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		bpf_probe_read_kernel(s, sizeof(*s), (void *)ctx[1]); // want "kptr cannot be accessed indirectly by helper"
	return 0;
}

SEC("tp_btf/sched_switch")
int exchange(u64 *ctx) {
	struct slot *s = slot();
	void *old = s ? bpf_kptr_xchg(&s->task, NULL) : NULL;
	return old != NULL; // want program "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tp_btf/sched_switch")
int exchange_between(u64 *ctx) {
	struct slot *s = slot();
	if (s)
		bpf_kptr_xchg(&s->time, NULL); // want "off=0 doesn't point to kptr"
	return 0;
}

SEC("tp_btf/sched_switch")
int keep_deep(u64 *ctx) {
	u32 key = 0;
	struct deep *d = bpf_map_lookup_elem(&deeps, &key);
	if (d)
		d->inside.task = (void *)bpf_get_current_task_btf(); // want "store to referenced kptr disallowed"
	return 0;
}
