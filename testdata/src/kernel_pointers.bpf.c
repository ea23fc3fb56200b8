// References to kernel objects that a map keeps.
#include "bpf.h"

LICENSE("GPL");

struct task_struct {
	int pid;
} CORE;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;

struct slot {
	struct task_struct TYPE_TAG("kptr") * task;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

SEC("tp_btf/task_newtask")
int keep(u64 *ctx) {
	u32 key = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &key);
	if (!slot)
		return 0;
	struct task_struct *task = bpf_task_acquire((void *)ctx[0]);
	if (!task)
		return 0;
	task = bpf_kptr_xchg(&slot->task, task);
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask")
int overwrite(u64 *ctx) {
	u32 key = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &key);
	if (slot)
		*(volatile u64 *)&slot->task = 1; // want "store to referenced kptr disallowed"
	return 0;
}
