// What the kernel answers to programs that have a task do something later.
#include "note.h"

struct bpf_map {
	u32 id;
} CORE;
struct bpf_prog_aux {
	u32 id;
} CORE;
struct task_struct {
	int pid;
} CORE;
struct bpf_task_work {
	u64 opaque;
} __attribute__((aligned(8)));

extern int bpf_task_work_schedule_signal_impl(struct task_struct *task, struct bpf_task_work *work, void *map,
					      int (*callback)(struct bpf_map *map, void *key, void *value), void *aux) KSYM;
extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *work, void *map,
					      int (*callback)(struct bpf_map *map, void *key, void *value), void *aux) KSYM;

struct element {
	u64 count;
	struct bpf_task_work work;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 3);
	__type(key, u32);
	__type(value, struct element);
} array SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(map_flags, 1); // BPF_F_NO_PREALLOC
	__uint(max_entries, 3);
	__type(key, u64);
	__type(value, struct element);
} hash SEC(".maps");

static int counts(struct bpf_map *map, void *key, void *value) {
	struct element *e = value;
	e->count++;
	note(10 + (*(u32 *)key & 3), e->count);
	return 0;
}

static int again(struct bpf_map *map, u32 *key, void *value) {
	struct element *e = value;
	note(20, e->count++);
	note(21, bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &e->work, &array, counts, NULL));
	return 0;
}

SEC("syscall")
int scheduled(void *ctx) {
	u32 key = 1;
	struct element *e = bpf_map_lookup_elem(&array, &key), *other;
	struct task_struct *t = bpf_get_current_task_btf();
	if (!e)
		return 1;
	note(0, bpf_task_work_schedule_signal_impl(t, &e->work, &array, counts, NULL));
	note(1, bpf_task_work_schedule_signal_impl(t, &e->work, &array, counts, NULL));
	note(2, bpf_task_work_schedule_resume_impl(t, &e->work, &array, counts, NULL));
	key = 2;
	other = bpf_map_lookup_elem(&array, &key);
	if (other)
		note(3, bpf_task_work_schedule_resume_impl(t, &other->work, &array, counts, NULL));
	note(4, e->count);
	return 0;
}

SEC("syscall")
int reschedules(void *ctx) {
	u32 key = 0;
	struct element *e = bpf_map_lookup_elem(&array, &key);
	if (!e)
		return 1;
	note(0, bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &e->work, &array, (void *)again, NULL));
	return 0;
}

SEC("syscall")
int deleted(void *ctx) {
	u64 key = 5;
	struct element zero = {}, *e;
	note(0, bpf_map_update_elem(&hash, &key, &zero, 0));
	e = bpf_map_lookup_elem(&hash, &key);
	if (!e)
		return 1;
	note(1, bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &e->work, &hash, counts, NULL));
	note(2, bpf_map_delete_elem(&hash, &key));
	return 0;
}
