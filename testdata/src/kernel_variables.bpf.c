// Variables of the kernel, those of every CPU.
#include "bpf.h"

LICENSE("GPL");

struct rq {
	unsigned int nr_running;
} CORE;

extern const struct rq runqueues KSYM;

u32 running;

SEC("raw_tp/sched_switch")
int queue(void *ctx) {
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);
	if (rq)
		running = rq->nr_running;
	rq = bpf_this_cpu_ptr(&runqueues);
	running += rq->nr_running;
	return 0;
}

SEC("raw_tp/sched_switch")
int unchecked(void *ctx) {
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 1);
	running = rq->nr_running; // want "R0 invalid mem access 'ptr_or_null_'"
	return 0;
}
