// Functions that helpers call: for samples of user space, for a task's memory
// areas, and later from a work queue. Their results have ranges.
#include "objects.h"

LICENSE("GPL");

HELPER(long, bpf_find_vma, 180, void *task, u64 addr, void *callback, void *ctx, u64 flags);
HELPER(long, bpf_user_ringbuf_drain, 209, void *map, void *callback, void *ctx, u64 flags);

extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, u32 flags) KSYM;
extern int bpf_wq_start(struct bpf_wq *wq, u32 flags) KSYM;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value), u32 flags, void *aux__prog) KSYM;

struct vm_area_struct {
	u64 vm_start;
} CORE;

struct work {
	u64 count;
	struct bpf_wq wq;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct work);
} works SEC(".maps"), others SEC(".maps");

struct {
	__uint(type, MAP_USER_RINGBUF);
	__uint(max_entries, 4096);
} samples SEC(".maps");

static long sample(struct bpf_dynptr *ptr, u64 *sum) {
	u32 value = 0;
	bpf_dynptr_read(&value, sizeof(value), ptr, 0, 0);
	*sum += value;
	return 0;
}

static long too_much(struct bpf_dynptr *ptr, u64 *sum) {
	return 2; // want "At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]"
}

static long write_sample(struct bpf_dynptr *ptr, u64 *sum) {
	ptr->opaque[0] = 0; // want "R1 invalid mem access 'dynptr_ptr'"
	return 0;
}

SEC("tp_btf/task_newtask")
int drain(u64 *ctx) {
	u64 sum = 0;
	bpf_user_ringbuf_drain(&samples, sample, &sum, 0);
	return 0;
}

SEC("tp_btf/task_newtask")
int drain_range(u64 *ctx) {
	u64 sum = 0;
	bpf_user_ringbuf_drain(&samples, too_much, &sum, 0);
	return 0;
}

SEC("tp_btf/task_newtask")
int drain_write(u64 *ctx) {
	u64 sum = 0;
	bpf_user_ringbuf_drain(&samples, write_sample, &sum, 0);
	return 0;
}

static long area(void *task, struct vm_area_struct *vma, u64 *start) {
	*start = vma->vm_start;
	return 0;
}

static long change_area(void *task, struct vm_area_struct *vma, u64 *start) {
	vma->vm_start = 0; // want "only read is supported"
	return 0;
}

SEC("tp_btf/task_newtask")
int find(u64 *ctx) {
	u64 start = 0;
	bpf_find_vma(bpf_get_current_task_btf(), 4096, area, &start, 0);
	return 0;
}

SEC("tp_btf/task_newtask")
int find_change(u64 *ctx) {
	u64 start = 0;
	bpf_find_vma(bpf_get_current_task_btf(), 4096, change_area, &start, 0);
	return 0;
}

static int later(void *map, int *key, void *value) {
	((struct work *)value)->count++;
	return 0;
}

static int later_wrong(void *map, int *key, void *value) {
	return 3; // want "At async callback return the register R0 has smin=3 smax=3 should have been in [0, 0]"
}

SEC("tc")
int queue(void *ctx) {
	u32 key = 0;
	struct work *w = bpf_map_lookup_elem(&works, &key);
	if (!w || bpf_wq_init(&w->wq, &works, 0))
		return 0;
	bpf_wq_set_callback_impl(&w->wq, later, 0, 0);
	bpf_wq_start(&w->wq, 0);
	return 0;
}

SEC("tc")
int queue_range(void *ctx) {
	u32 key = 0;
	struct work *w = bpf_map_lookup_elem(&works, &key);
	if (!w || bpf_wq_init(&w->wq, &works, 0))
		return 0;
	bpf_wq_set_callback_impl(&w->wq, later_wrong, 0, 0);
	return 0;
}

SEC("tc")
int queue_other_map(void *ctx) {
	u32 key = 0;
	struct work *w = bpf_map_lookup_elem(&works, &key);
	if (w)
		bpf_wq_init(&w->wq, &others, 0); // want "workqueue pointer in R1"
	return 0;
}
