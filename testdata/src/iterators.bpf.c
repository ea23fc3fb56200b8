// Programs that are called for each object of a kind and write to a file.
#include "bpf.h"

LICENSE("GPL");

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id, seq_num;
} CORE;

struct task_struct {
	int pid, tgid;
	char comm[16];
} CORE;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} CORE;

struct bpf_map {
	u32 id;
} CORE;

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} CORE;

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx) {
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	int line[2] = {task->pid, task->tgid};
	bpf_seq_write(ctx->meta->seq, line, sizeof(line));
	return 0;
}

SEC("iter/bpf_map")
int maps(struct bpf_iter__bpf_map *ctx) {
	if (ctx->map && ctx->meta->seq_num > 3)
		return 1;
	return 0;
}

SEC("iter/task")
int last(struct bpf_iter__task *ctx) {
	int pid = ctx->task->pid; // want "R2 invalid mem access 'trusted_ptr_or_null_'"
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}
