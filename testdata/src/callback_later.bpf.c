// Functions that the kernel calls later: timers and work queues in map values.
#include "net.h"

LICENSE("GPL");

struct bpf_wq {
	u64 opaque[2];
};

extern int bpf_wq_init(struct bpf_wq *wq, void *map, u32 flags) KSYM;
extern int bpf_wq_start(struct bpf_wq *wq, u32 flags) KSYM;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int(callback)(void *map, int *key, void *value), u32 flags, void *aux) KSYM;

struct entry {
	u64 count;
	struct bpf_timer timer;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps"), others SEC(".maps");

struct job {
	u64 count;
	struct bpf_wq work;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct job);
} jobs SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} plain SEC(".maps");

static int count(void *map, u32 *key, struct entry *e) {
	e->count += *key;
	return 0;
}

static int again(void *map, u32 *key, struct entry *e) {
	bpf_timer_set_callback(&e->timer, again);
	bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

static int returns_one(void *map, u32 *key, struct entry *e) {
	return 1; // want program "At async callback return the register R0 has smin=1 smax=1 should have been in [0, 0]"
}

static int too_far(void *map, u32 *key, struct entry *e) {
	return ((u64 *)e)[5]; // want program "R3 min value is outside of the allowed memory range"
}

#define ENTRY(map)                                                                                                             \
	u32 key = 0;                                                                                                           \
	struct entry *e = bpf_map_lookup_elem(map, &key);                                                                      \
	if (!e)                                                                                                                \
	return TC_OK

SEC("tc")
int timer(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_init(&e->timer, &entries, 1);
	bpf_timer_set_callback(&e->timer, count);
	return bpf_timer_start(&e->timer, 1000, 0) & 1;
}

SEC("tc")
int timer_again(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_set_callback(&e->timer, again);
	return TC_OK;
}

SEC("tc")
int timer_of_other_map(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_init(&e->timer, &others, 1); // want "timer pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0"
	return TC_OK;
}

SEC("tc")
int timer_beside(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_start((void *)&e->count, 1000, 0); // want "off 0 doesn't point to 'struct bpf_timer' that is at 8"
	return TC_OK;
}

SEC("tc")
int timer_in_plain_value(struct __sk_buff *skb) {
	ENTRY(&plain);
	bpf_timer_start((void *)e, 1000, 0); // want "map 'plain' has no valid bpf_timer"
	return TC_OK;
}

SEC("tc")
int timer_result(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_set_callback(&e->timer, returns_one);
	return TC_OK;
}

SEC("tc")
int timer_overrun(struct __sk_buff *skb) {
	ENTRY(&entries);
	bpf_timer_set_callback(&e->timer, too_far);
	return TC_OK;
}

SEC("tc")
int timer_touched(struct __sk_buff *skb) {
	ENTRY(&entries);
	return *(u64 *)&e->timer; // want "bpf_timer cannot be accessed directly by load/store"
}

static int sleeps(void *map, u32 *key, struct entry *e) {
	u32 n = 0;
	bpf_copy_from_user(&n, sizeof(n), (void *)e->count);
	return 0;
}

SEC("syscall")
int timer_never_sleeps(void *ctx) {
	ENTRY(&entries);
	bpf_timer_set_callback(&e->timer, sleeps); // want program "helper call might sleep in a non-sleepable prog"
	return 0;
}

static int work(void *map, int *key, void *value) {
	struct job *j = value;
	u32 n = 0;
	bpf_copy_from_user(&n, sizeof(n), (void *)j->count);
	return 0;
}

#define JOB                                                                                                                    \
	u32 key = 0;                                                                                                           \
	struct job *j = bpf_map_lookup_elem(&jobs, &key);                                                                      \
	if (!j)                                                                                                                \
	return TC_OK

SEC("tc")
int queue(struct __sk_buff *skb) {
	JOB;
	bpf_wq_init(&j->work, &jobs, 0);
	bpf_wq_set_callback_impl(&j->work, work, 0, NULL);
	bpf_wq_start(&j->work, 0);
	return TC_OK;
}

SEC("tc")
int queue_of_other_map(struct __sk_buff *skb) {
	JOB;
	bpf_wq_init(&j->work, &entries, 0);
	return TC_OK;
}

SEC("tc")
int queue_beside(struct __sk_buff *skb) {
	JOB;
	bpf_wq_init((void *)&j->count, &jobs, 0); // want "off 0 doesn't point to 'struct bpf_wq' that is at 8"
	return TC_OK;
}

SEC("tc")
int queue_on_stack(struct __sk_buff *skb) {
	struct bpf_wq w = {};
	bpf_wq_start(&w, 0); // want "arg#0 doesn't point to a map value"
	return TC_OK;
}
