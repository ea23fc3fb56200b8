// Raw tracepoints get their arguments as an array of numbers.
#include "bpf.h"

LICENSE("GPL");

struct args {
	u64 arg[3];
};

u64 seen;

SEC("raw_tp/sched_switch")
int on_switch(struct args *ctx) {
	seen += ctx->arg[0];
	return 0;
}

SEC("raw_tp/sched_switch")
int not_typed(struct args *ctx) {
	u32 *task = (void *)ctx->arg[1];
	return *task; // want "R1 invalid mem access 'scalar'"
}

SEC("raw_tp/sched_switch")
int misaligned(struct args *ctx) {
	return *(volatile u64 *)((void *)ctx + 4); // want "invalid bpf_context access off=4 size=8"
}
