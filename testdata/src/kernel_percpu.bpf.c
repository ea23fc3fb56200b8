// Variables of the kernel have types: structs are walked, numbers are memory of
// their size.
#include "bpf.h"

LICENSE("GPL");

struct rq {
	unsigned int nr_running;
} CORE;

extern const struct rq runqueues KSYM;
extern const unsigned long cpu_loops_per_jiffy KSYM WEAK;
extern const int no_such_number KSYM WEAK;

u64 seen;

SEC("raw_tp/sched_switch")
int number(void *ctx) {
	if (!&cpu_loops_per_jiffy)
		return 0;
	u64 *n = bpf_this_cpu_ptr(&cpu_loops_per_jiffy);
	seen = *n;
	return 0;
}

SEC("raw_tp/sched_switch")
int directly(void *ctx) {
	seen = *(volatile u32 *)&runqueues.nr_running; // want "R1 is ptr_rq access percpu memory: off="
	return 0;
}

SEC("raw_tp/sched_switch")
int struct_written(void *ctx) {
	struct rq *rq = bpf_this_cpu_ptr(&runqueues);
	rq->nr_running = 0; // want "only read is supported"
	return 0;
}

SEC("raw_tp/sched_switch")
int missing(void *ctx) {
	if (&no_such_number)
		seen = *(int *)bpf_this_cpu_ptr(&no_such_number);
	return 0;
}
