// Timers and work: what their helpers answer, when and in which order their
// callbacks run.
#include "note.h"

HELPER(long, bpf_timer_cancel, 172, void *timer);

enum { REALTIME = 0, MONOTONIC = 1, BOOTTIME = 7, ABSOLUTE = 1, PINNED = 2 };

struct entry {
	struct bpf_timer timer;
	u64 number;
};

#define TIMERS(name, kind)                                                                         \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, 4);                                                            \
		__type(key, u32);                                                                  \
		__type(value, struct entry);                                                       \
	} name SEC(".maps")

TIMERS(array, MAP_ARRAY);
TIMERS(hash, MAP_HASH);
TIMERS(lru, MAP_LRU_HASH);

struct bpf_wq {
	u64 opaque[2];
} __attribute__((aligned(8)));

struct job {
	u64 number;
	struct bpf_wq work;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct job);
} jobs SEC(".maps");

extern int bpf_wq_init(struct bpf_wq *wq, void *map, u32 flags) KSYM;
extern int bpf_wq_start(struct bpf_wq *wq, u32 flags) KSYM;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int callback(void *map, int *key, void *value), u32 flags,
				    void *aux) KSYM;

// The callbacks note in which order they run: digits of a number.
u64 order;
u64 fired;

static int count(void *map, u32 *key, struct entry *entry) {
	fired++;
	out[0] = order = order * 10 + *key + 1;
	out[1] = fired;
	return 0;
}

static int restarts(void *map, u32 *key, struct entry *entry) {
	out[1] = ++fired;
	if (fired < 3)
		out[2] = bpf_timer_start(&entry->timer, 0, 0);
	return 0;
}

static int cancels_itself(void *map, u32 *key, struct entry *entry) {
	out[1] = ++fired;
	out[2] = bpf_timer_cancel(&entry->timer);
	out[3] = bpf_timer_start(&entry->timer, 1000000000, 0);
	return 0;
}

INLINE struct entry *slot(u32 key) { return bpf_map_lookup_elem(&array, &key); }

INLINE void arm(u32 key, u64 clock, u64 ns, u64 flags) {
	struct entry *e = slot(key);
	if (!e)
		return;
	bpf_timer_init(&e->timer, &array, clock);
	bpf_timer_set_callback(&e->timer, count);
	bpf_timer_start(&e->timer, ns, flags);
}

SEC("tc")
int answers(void *ctx) {
	struct entry *e = slot(0);
	if (!e)
		return 1;
	note(10, bpf_timer_set_callback(&e->timer, count));
	note(11, bpf_timer_start(&e->timer, 0, 0));
	note(12, bpf_timer_cancel(&e->timer));
	note(13, bpf_timer_init(&e->timer, &array, 2));
	note(14, bpf_timer_init(&e->timer, &array, 16));
	note(15, bpf_timer_init(&e->timer, &array, 17));
	note(16, bpf_timer_init(&e->timer, &array, MONOTONIC));
	note(17, bpf_timer_init(&e->timer, &array, MONOTONIC));
	note(18, bpf_timer_start(&e->timer, 0, 0));
	note(19, bpf_timer_cancel(&e->timer));
	note(20, bpf_timer_set_callback(&e->timer, count));
	note(21, bpf_timer_start(&e->timer, 1000000000, 4));
	note(22, bpf_timer_start(&e->timer, 1000000000, 0));
	note(23, bpf_timer_start(&e->timer, 1000000000, PINNED));
	note(24, bpf_timer_cancel(&e->timer));
	note(25, bpf_timer_cancel(&e->timer));
	note(26, bpf_timer_start(&e->timer, 0, 0));
	return 0;
}

SEC("tc")
int in_order_of_time(void *ctx) {
	arm(0, MONOTONIC, 3000000, 0);
	arm(1, MONOTONIC, 1000000, 0);
	arm(2, MONOTONIC, 2000000, 0);
	return 0;
}

// Of two that are due at the same time, the one that was started first runs first.
SEC("tc")
int in_order_of_start(void *ctx) {
	u64 due = bpf_ktime_get_ns() + 3000000;
	arm(2, MONOTONIC, due, ABSOLUTE);
	arm(0, MONOTONIC, due, ABSOLUTE);
	arm(1, MONOTONIC, due, ABSOLUTE);
	return 0;
}

SEC("tc")
int started_again(void *ctx) {
	u64 due = bpf_ktime_get_ns() + 3000000;
	struct entry *e = slot(0);
	arm(0, MONOTONIC, due, ABSOLUTE);
	arm(1, MONOTONIC, due, ABSOLUTE);
	if (e)
		bpf_timer_start(&e->timer, due, ABSOLUTE);
	return 0;
}

SEC("tc")
int absolute_past(void *ctx) { arm(0, MONOTONIC, 5, ABSOLUTE); return 0; }

SEC("tc")
int relative_forever(void *ctx) { arm(0, MONOTONIC, ~0ull >> 1, 0); return 0; }

SEC("tc")
int relative_negative(void *ctx) { arm(0, MONOTONIC, -1000000ll, 0); return 0; }

SEC("tc")
int absolute_forever(void *ctx) { arm(0, MONOTONIC, ~0ull >> 1, ABSOLUTE); return 0; }

SEC("tc")
int absolute_negative(void *ctx) { arm(0, MONOTONIC, -1000000ll, ABSOLUTE); return 0; }

// The time since boot is long past on the clock of real time.
SEC("tc")
int absolute_realtime(void *ctx) { arm(0, REALTIME, bpf_ktime_get_ns() + 1000000000000ull, ABSOLUTE); return 0; }

SEC("tc")
int absolute_boottime(void *ctx) { arm(0, BOOTTIME, bpf_ktime_get_ns() + 1000000000000ull, ABSOLUTE); return 0; }

SEC("tc")
int restarted(void *ctx) {
	struct entry *e = slot(0);
	if (!e)
		return 1;
	bpf_timer_init(&e->timer, &array, MONOTONIC);
	bpf_timer_set_callback(&e->timer, restarts);
	bpf_timer_start(&e->timer, 0, 0);
	return 0;
}

SEC("tc")
int cancelled_by_itself(void *ctx) {
	struct entry *e = slot(0);
	if (!e)
		return 1;
	bpf_timer_init(&e->timer, &array, MONOTONIC);
	bpf_timer_set_callback(&e->timer, cancels_itself);
	bpf_timer_start(&e->timer, 0, 0);
	return 0;
}

// An update of an element frees its timer.
SEC("tc")
int updated_array(void *ctx) {
	struct entry *e = slot(0), zero = {};
	u32 key = 0;
	if (!e)
		return 1;
	arm(0, MONOTONIC, 1000000, 0);
	note(10, bpf_map_update_elem(&array, &key, &zero, 0));
	note(11, bpf_timer_start(&e->timer, 0, 0));
	note(12, bpf_timer_init(&e->timer, &array, MONOTONIC));
	return 0;
}

#define IN_HASH(map, change)                                                                       \
	({                                                                                         \
		struct entry zero = {.number = 7}, *e;                                             \
		u32 key = 1;                                                                       \
		bpf_map_update_elem(&map, &key, &zero, 0);                                         \
		e = bpf_map_lookup_elem(&map, &key);                                               \
		if (!e)                                                                            \
			return 1;                                                                  \
		note(10, bpf_timer_init(&e->timer, &map, MONOTONIC));                              \
		note(11, bpf_timer_set_callback(&e->timer, count));                                \
		note(12, bpf_timer_start(&e->timer, 1000000, 0));                                  \
		note(13, change);                                                                  \
		note(14, bpf_timer_start(&e->timer, 1000000, 0));                                  \
		note(15, e->number);                                                               \
	})

SEC("tc")
int hash_kept(void *ctx) { IN_HASH(hash, 0); return 0; }

SEC("tc")
int hash_deleted(void *ctx) { IN_HASH(hash, bpf_map_delete_elem(&hash, &key)); return 0; }

SEC("tc")
int hash_updated(void *ctx) { IN_HASH(hash, bpf_map_update_elem(&hash, &key, &zero, 0)); return 0; }

SEC("tc")
int lru_deleted(void *ctx) { IN_HASH(lru, bpf_map_delete_elem(&lru, &key)); return 0; }

SEC("tc")
int lru_evicted(void *ctx) {
	struct entry zero = {};
	IN_HASH(lru, 0);
	for (int n = 10; n < 100; n++) {
		u32 key = n;
		bpf_map_update_elem(&lru, &key, &zero, 0);
	}
	return 0;
}

static int work(void *map, int *key, void *value) {
	struct job *j = value;
	out[0] = ++fired;
	out[1] = j->number;
	out[2] = *key;
	return 0;
}

SEC("tc")
int works(void *ctx) {
	u32 key = 1;
	struct job *j = bpf_map_lookup_elem(&jobs, &key);
	if (!j)
		return 1;
	j->number = 77;
	note(10, bpf_wq_start(&j->work, 0));
	note(11, bpf_wq_set_callback_impl(&j->work, work, 0, NULL));
	note(12, bpf_wq_init(&j->work, &jobs, 1));
	note(13, bpf_wq_init(&j->work, &jobs, 0));
	note(14, bpf_wq_init(&j->work, &jobs, 0));
	note(15, bpf_wq_start(&j->work, 0));
	note(16, bpf_wq_set_callback_impl(&j->work, work, 1, NULL));
	note(17, bpf_wq_set_callback_impl(&j->work, work, 0, NULL));
	note(18, bpf_wq_start(&j->work, 1));
	return 0;
}

SEC("tc")
int works_once(void *ctx) {
	u32 key = 1;
	struct job *j = bpf_map_lookup_elem(&jobs, &key);
	if (!j)
		return 1;
	bpf_wq_init(&j->work, &jobs, 0);
	bpf_wq_set_callback_impl(&j->work, work, 0, NULL);
	note(10, bpf_wq_start(&j->work, 0));
	return 0;
}

static int again(void *map, u32 *key, struct entry *entry) {
	out[0]++;
	out[1] = bpf_ktime_get_ns() - out[1];
	bpf_timer_start(&entry->timer, 1000000, 0);
	return 0;
}

SEC("tc")
int here_periodic(void *ctx) {
	struct entry *e = slot(0);
	if (!e)
		return 1;
	bpf_timer_init(&e->timer, &array, MONOTONIC);
	bpf_timer_set_callback(&e->timer, again);
	bpf_timer_start(&e->timer, 1000000, 0);
	return 0;
}
