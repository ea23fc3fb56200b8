// Symbols that a kernel may lack: declared weak they are null there, and the
// program asks before it uses them.
#include "bpf.h"

LICENSE("GPL");

struct rq {
	unsigned int nr_running;
} CORE;

extern const struct rq runqueues KSYM WEAK;
extern const struct rq no_such_variable KSYM WEAK;
extern void bpf_rcu_read_lock(void) KSYM WEAK;
extern void bpf_rcu_read_unlock(void) KSYM WEAK;
extern void no_such_function(void) KSYM WEAK;

u32 running;

SEC("raw_tp/sched_switch")
int asks(void *ctx) {
	if (&runqueues) {
		struct rq *rq = bpf_this_cpu_ptr(&runqueues);
		running = rq->nr_running;
	}
	if (&no_such_variable) {
		struct rq *rq = bpf_this_cpu_ptr(&no_such_variable);
		running = rq->nr_running;
	}
	return 0;
}

SEC("raw_tp/sched_switch")
int asks_not(void *ctx) {
	struct rq *rq = bpf_this_cpu_ptr(&no_such_variable); // want "R1 type=scalar expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_"
	running = rq->nr_running;
	return 0;
}

SEC("raw_tp/sched_switch")
int calls_if_there(void *ctx) {
	if (bpf_rcu_read_lock && bpf_rcu_read_unlock) {
		bpf_rcu_read_lock();
		bpf_rcu_read_unlock();
	}
	if (no_such_function)
		no_such_function();
	return 0;
}

SEC("raw_tp/sched_switch")
int calls_anyway(void *ctx) {
	no_such_function(); // want "invalid func unknown#"
	return 0;
}
