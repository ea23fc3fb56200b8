// What functions of the kernel answer about tasks, groups and memory.
#include "note.h"

struct cgroup_subsys_state {
	int id;
} CORE;
struct cgroup {
	struct cgroup_subsys_state self;
	int level;
} CORE;
struct task_struct {
	int pid, tgid;
} CORE;

struct bpf_iter_task {
	u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_css {
	u64 opaque[3];
} __attribute__((aligned(8)));

extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, u32 flags) KSYM;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) KSYM;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) KSYM;
extern int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, u32 flags) KSYM;
extern struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it) KSYM;
extern void bpf_iter_css_destroy(struct bpf_iter_css *it) KSYM;
extern struct cgroup *bpf_cgroup_from_id(u64 id) KSYM;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *c, int level) KSYM;
extern void bpf_cgroup_release(struct cgroup *cgrp) KSYM;
extern long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor) KSYM;
extern int bpf_copy_from_user_str(void *dst, u32 size, const void *src, u64 flags) KSYM;
extern int bpf_probe_read_kernel_dynptr(struct bpf_dynptr *d, u32 off, u32 size, const void *src) KSYM;
extern int bpf_probe_read_kernel_str_dynptr(struct bpf_dynptr *d, u32 off, u32 size, const void *src) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[4]);
} memory SEC(".maps");

SEC("syscall")
int group(void *ctx) {
	struct cgroup *root = bpf_cgroup_from_id(1), *c;
	struct task_struct *t = bpf_get_current_task_btf();
	if (!root)
		return 1;
	c = bpf_cgroup_from_id(123456789);
	note(0, c != NULL);
	if (c)
		bpf_cgroup_release(c);
	note(1, root->level + 5);
	c = bpf_cgroup_ancestor(root, 0);
	note(2, c != NULL);
	if (c)
		bpf_cgroup_release(c);
	c = bpf_cgroup_ancestor(root, 1);
	note(3, c != NULL);
	if (c)
		bpf_cgroup_release(c);
	note(4, bpf_task_under_cgroup(t, root));
	bpf_cgroup_release(root);
	return 0;
}

SEC("syscall")
int tasks(void *ctx) {
	struct task_struct *t = bpf_get_current_task_btf(), *p;
	struct bpf_iter_task it;
	bpf_rcu_read_lock();
	note(0, bpf_iter_task_new(&it, NULL, 3));
	note(1, bpf_iter_task_next(&it) != NULL);
	bpf_iter_task_destroy(&it);
	note(2, bpf_iter_task_new(&it, NULL, 2));
	bpf_iter_task_destroy(&it);
	note(3, bpf_iter_task_new(&it, NULL, 1));
	while ((p = bpf_iter_task_next(&it)))
		if (p->pid == t->pid)
			out[4]++;
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int groups(void *ctx) {
	struct cgroup *root = bpf_cgroup_from_id(1);
	struct bpf_iter_css it;
	if (!root)
		return 1;
	bpf_rcu_read_lock();
	note(0, bpf_iter_css_new(&it, &root->self, 1));
	note(1, bpf_iter_css_next(&it) != NULL);
	bpf_iter_css_destroy(&it);
	note(2, bpf_iter_css_new(&it, &root->self, 4));
	note(3, bpf_iter_css_next(&it) == &root->self);
	note(4, bpf_iter_css_next(&it) != NULL);
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();
	bpf_cgroup_release(root);
	return 0;
}

extern int bpf_stream_vprintk_impl(int stream, const char *format, const void *args, u32 size, void *aux) KSYM;
enum pid_type { PIDTYPE_PID };
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type, u64 value) KSYM;

SEC("syscall")
int streams(void *ctx) {
	static const char format[] = "%d and %s\n", wrong[] = "%d %d";
	static const char word[] = "word";
	u64 args[2] = {7, (u64)word};
	note(2, bpf_stream_vprintk_impl(3, format, args, 16, NULL));
	note(3, bpf_stream_vprintk_impl(1, format, args, 8, NULL));
	note(4, bpf_stream_vprintk_impl(1, wrong, args, 12, NULL));
	return 0;
}

// Some kernels find no memory for it.
SEC("syscall")
int here_prints(void *ctx) {
	static const char format[] = "%d and %s\n";
	static const char word[] = "word";
	const char *at = word;
	u64 args[2] = {7};
	OPAQUE(at);
	args[1] = (u64)at;
	bpf_stream_vprintk_impl(1, format, args, 16, NULL);
	bpf_stream_vprintk_impl(2, format, args, 16, NULL);
	return 0;
}

SEC("syscall")
int signals(void *ctx) {
	struct task_struct *t = bpf_get_current_task_btf();
	note(0, bpf_send_signal_task(t, 0, 2, 0));
	note(1, bpf_send_signal_task(t, 0, 0, 0));
	note(2, bpf_send_signal_task(t, 65, 1, 0));
	return 0;
}

SEC("syscall")
int pointers(void *ctx) {
	u32 key = 0;
	u64 *m = bpf_map_lookup_elem(&memory, &key), word = 0x6463006261, v = 0;
	struct bpf_dynptr d;
	if (!m)
		return 1;
	bpf_dynptr_from_mem(m, 24, 0, &d);
	note(0, bpf_probe_read_kernel_dynptr(&d, 0, 8, &word));
	note(1, m[0]);
	note(2, bpf_probe_read_kernel_dynptr(&d, 20, 8, &word));
	note(3, bpf_probe_read_kernel_str_dynptr(&d, 8, 8, &word));
	note(4, m[1]);
	note(5, bpf_probe_read_kernel_str_dynptr(&d, 17, 8, &word));
	note(6, bpf_copy_from_user_str(&v, 8, (void *)64, 0));
	note(7, bpf_copy_from_user_str(&v, 8, (void *)64, 2));
	return 0;
}

struct bpf_key {
	int unused;
} CORE;
extern struct bpf_key *bpf_lookup_user_key(int serial, u64 flags) KSYM;
extern struct bpf_key *bpf_lookup_system_key(u64 id) KSYM;
extern void bpf_key_put(struct bpf_key *key) KSYM;

#define SYSTEM_KEY(n, id)                                   \
	do {                                                \
		struct bpf_key *k = bpf_lookup_system_key(id); \
		note(n, k ? 1 : 2);                         \
		if (k)                                      \
			bpf_key_put(k);                     \
	} while (0)
#define USER_KEY(n, serial, flags)                                \
	do {                                                      \
		struct bpf_key *k = bpf_lookup_user_key(serial, flags); \
		note(n, k ? 1 : 2);                               \
		if (k)                                            \
			bpf_key_put(k);                           \
	} while (0)

SEC("syscall")
int keys(void *ctx) {
	SYSTEM_KEY(0, 0);
	SYSTEM_KEY(1, 1);
	SYSTEM_KEY(2, 2);
	SYSTEM_KEY(3, 3);
	SYSTEM_KEY(4, -1ULL);
	USER_KEY(5, 0x7ffffff0, 0);
	USER_KEY(6, 0x7ffffff0, 4);
	USER_KEY(7, 0, 0);
	return 0;
}
