// Local storages of tasks, sockets and groups.
#include "note.h"

HELPER(void *, bpf_cgrp_storage_get, 210, void *map, void *cgroup, void *value, u64 flags);
HELPER(long, bpf_cgrp_storage_delete, 211, void *map, void *cgroup);
HELPER(long, bpf_task_storage_delete, 157, void *map, void *task);
HELPER(long, bpf_sk_storage_delete, 108, void *map, void *sk);

struct cgroup {
	int level;
} CORE;
struct cgroup_subsys_state;
struct css_set {
	struct cgroup *dfl_cgrp;
} CORE;
struct task_struct {
	int pid;
	struct css_set *cgroups;
} CORE;

extern struct cgroup *bpf_cgroup_from_id(u64 id) KSYM;
extern void bpf_cgroup_release(struct cgroup *cgrp) KSYM;

#define STORAGE(name, kind)                                                                        \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(map_flags, NO_PREALLOC);                                                    \
		__type(key, int);                                                                  \
		__type(value, u64);                                                                \
	} name SEC(".maps")

STORAGE(of_task, MAP_TASK_STORAGE);
STORAGE(of_sock, MAP_SK_STORAGE);
STORAGE(of_group, MAP_CGRP_STORAGE);

#define VISIT(map, get, delete, owner)                                                             \
	({                                                                                         \
		u64 first = 40, *v;                                                                \
		note(0, get(&map, owner, NULL, 0) != NULL);                                        \
		note(1, delete (&map, owner));                                                     \
		v = get(&map, owner, &first, 1);                                                   \
		if (!v)                                                                            \
			return 1;                                                                  \
		*v += 2;                                                                           \
		v = get(&map, owner, NULL, 0);                                                     \
		if (!v)                                                                            \
			return 2;                                                                  \
		note(2, *v);                                                                       \
		first = 9;                                                                         \
		v = get(&map, owner, &first, 1);                                                   \
		if (!v)                                                                            \
			return 3;                                                                  \
		note(3, *v);                                                                       \
		note(4, get(&map, owner, NULL, 2) != NULL);                                        \
		note(5, delete (&map, owner));                                                     \
		note(6, delete (&map, owner));                                                     \
		v = get(&map, owner, NULL, 1);                                                     \
		if (!v)                                                                            \
			return 4;                                                                  \
		note(7, *v + 1);                                                                   \
	})

SEC("syscall")
int task(void *ctx) {
	struct task_struct *t = bpf_get_current_task_btf();
	VISIT(of_task, bpf_task_storage_get, bpf_task_storage_delete, t);
	return 0;
}

SEC("tc")
int socket(struct __sk_buff *skb) {
	void *sk = (void *)skb->sk;
	if (!sk)
		return 10;
	VISIT(of_sock, bpf_sk_storage_get, bpf_sk_storage_delete, sk);
	return 0;
}

SEC("syscall")
int group(void *ctx) {
	struct cgroup *c = bpf_cgroup_from_id(1);
	if (!c)
		return 10;
	({
		u64 first = 40, *v;
		note(0, bpf_cgrp_storage_get(&of_group, c, NULL, 0) != NULL);
		note(1, bpf_cgrp_storage_delete(&of_group, c));
		v = bpf_cgrp_storage_get(&of_group, c, &first, 1);
		if (v)
			note(2, *v += 2);
		v = bpf_cgrp_storage_get(&of_group, c, NULL, 0);
		if (v)
			note(3, *v);
		note(4, bpf_cgrp_storage_get(&of_group, c, NULL, 2) != NULL);
		note(5, bpf_cgrp_storage_delete(&of_group, c));
		note(6, bpf_cgrp_storage_delete(&of_group, c));
	});
	bpf_cgroup_release(c);
	return 0;
}
