// A user ring buffer without records, whose consumer is asked with good and bad
// flags.
#include "note.h"

HELPER(long, bpf_user_ringbuf_drain, 209, void *map, void *callback, void *ctx, u64 flags);

struct {
	__uint(type, MAP_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

u64 seen;
u32 stop;

static long record(struct bpf_dynptr *d, void *ctx) {
	u32 at = 2 + (seen++ & 31);
	u64 v = 0;
	out[at] = (u64)bpf_dynptr_read(&v, 8, d, 0, 0) << 32;
	out[at] += v;
	return stop && seen >= stop;
}

SEC("tc")
int empty(void *ctx) {
	note(10, bpf_user_ringbuf_drain(&ring, record, NULL, 0));
	note(11, bpf_user_ringbuf_drain(&ring, record, NULL, 1));
	note(12, bpf_user_ringbuf_drain(&ring, record, NULL, 2));
	note(13, bpf_user_ringbuf_drain(&ring, record, NULL, 3));
	note(14, bpf_user_ringbuf_drain(&ring, record, NULL, 4));
	return 0;
}

SEC("tc")
int here_all(void *ctx) {
	note(0, bpf_user_ringbuf_drain(&ring, record, NULL, 0));
	note(1, seen);
	return 0;
}

SEC("tc")
int here_two(void *ctx) {
	stop = 2;
	note(0, bpf_user_ringbuf_drain(&ring, record, NULL, 0));
	note(1, seen);
	return 0;
}
