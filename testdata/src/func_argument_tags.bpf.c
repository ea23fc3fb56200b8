// Tags say more about the arguments of global functions than their types do.
#include "net.h"

LICENSE("GPL");

struct task_struct {
	int pid;
} CORE;

struct pair {
	u64 first, second;
};

NOINLINE u64 of_context(void *ctx TAG("arg:ctx")) {
	return ctx != 0;
}

NOINLINE u64 of_pair(struct pair *pair TAG("arg:nonnull")) {
	return pair->first + pair->second;
}

NOINLINE int of_task(struct task_struct *task TAG("arg:trusted")) {
	return task->pid;
}

NOINLINE int of_task_or_null(struct task_struct *task TAG("arg:trusted") TAG("arg:nullable")) {
	return task ? task->pid : 0;
}

NOINLINE int forgets_null(struct task_struct *task TAG("arg:trusted") TAG("arg:nullable")) {
	return task->pid; // want "R1 invalid mem access 'trusted_ptr_or_null_'"
}

NOINLINE int of_any_task(struct task_struct *task TAG("arg:untrusted")) {
	return task->pid;
}

SEC("raw_tp/task_newtask")
int context(u64 *ctx) {
	return of_context(ctx);
}

SEC("raw_tp/task_newtask")
int context_wanted(u64 *ctx) {
	u64 other = 0;
	return of_context(&other); // want "Caller passes invalid args into func#1 ('of_context')"
}

SEC("raw_tp/task_newtask")
int nonnull(u64 *ctx) {
	struct pair pair = {ctx[0], ctx[1]};
	return of_pair(&pair);
}

SEC("raw_tp/task_newtask")
int null_passes_for_nonnull(u64 *ctx) {
	return of_pair(0); // only a pointer that may be null is refused
}

NOINLINE u64 of_maybe(struct pair *pair) {
	return of_pair(pair); // want "Caller passes invalid args into func#2 ('of_pair')"
}

SEC("raw_tp/task_newtask")
int nonnull_wanted(u64 *ctx) {
	struct pair pair = {ctx[0], ctx[1]};
	return of_maybe(&pair);
}

SEC("tp_btf/task_newtask")
int trusted(u64 *ctx) {
	return of_task((void *)ctx[0]) ? 0 : 0;
}

SEC("tp_btf/task_newtask")
int trusted_wanted(u64 *ctx) {
	return of_task(0) ? 0 : 0; // want "Caller passes invalid args into func#1 ('of_task')"
}

SEC("tp_btf/task_newtask")
int nullable(u64 *ctx) {
	return of_task_or_null((void *)ctx[0]) + of_task_or_null(0) ? 0 : 0;
}

SEC("tp_btf/task_newtask")
int null_forgotten(u64 *ctx) {
	return forgets_null((void *)ctx[0]) ? 0 : 0;
}

SEC("tp_btf/task_newtask")
int untrusted(u64 *ctx) {
	return of_any_task((void *)ctx[1]) ? 0 : 0;
}
