// Flags of kernel functions: results that must be given back or compared with
// null, calls that may sleep, calls that need a privilege, and program types
// that may not call at all.
#include "bpf.h"

LICENSE("GPL");

struct cgroup {
	int level;
} CORE;

struct bpf_cpumask {
	int usage;
} CORE;

extern struct cgroup *bpf_cgroup_from_id(u64 id) KSYM;
extern void bpf_cgroup_release(struct cgroup *c) KSYM;
extern struct bpf_cpumask *bpf_cpumask_create(void) KSYM;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) KSYM;
extern void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *mask) KSYM;
extern int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags) KSYM;

SEC("tp_btf/task_newtask")
int acquired(u64 *ctx) {
	struct cgroup *c = bpf_cgroup_from_id(1);
	if (c)
		bpf_cgroup_release(c);
	return 0;
}

SEC("tp_btf/task_newtask")
int kept(u64 *ctx) {
	bpf_cgroup_from_id(1);
	return 0; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tp_btf/task_newtask")
int released_twice(u64 *ctx) {
	struct cgroup *c = bpf_cgroup_from_id(1);
	if (!c)
		return 0;
	bpf_cgroup_release(c);
	bpf_cgroup_release(c); // want "arg#0 pointer type STRUCT cgroup must point to scalar, or struct with scalar"
	return 0;
}

SEC("tp_btf/task_newtask")
int not_compared(u64 *ctx) {
	bpf_cgroup_release(bpf_cgroup_from_id(1)); // want "Possibly NULL pointer passed to trusted arg0"
	return 0;
}

SEC("tp_btf/task_newtask")
int mask(u64 *ctx) {
	struct bpf_cpumask *mask = bpf_cpumask_create();
	if (!mask)
		return 0;
	bpf_cpumask_set_cpu(1, mask);
	bpf_cpumask_release(mask);
	return 0;
}

SEC("tp_btf/task_newtask")
int wrong_object(u64 *ctx) {
	struct bpf_cpumask *mask = bpf_cpumask_create();
	if (mask)
		bpf_cgroup_release((void *)mask); // want "kernel function bpf_cgroup_release args#0 expected pointer to STRUCT cgroup but R1 has a pointer to STRUCT bpf_cpumask"
	return 0;
}

SEC("tp_btf/task_newtask")
int sleeps(u64 *ctx) {
	char name[8];
	bpf_copy_from_user_str(name, sizeof(name), (void *)8, 0); // want "program must be sleepable to call sleepable kfunc bpf_copy_from_user_str"
	return 0;
}

SEC("syscall")
int may_sleep(void *ctx) {
	char name[8];
	bpf_copy_from_user_str(name, sizeof(name), (void *)8, 0);
	return 0;
}

SEC("socket")
int wrong_program(void *ctx) {
	struct cgroup *c = bpf_cgroup_from_id(1); // want "calling kernel function bpf_cgroup_from_id is not allowed"
	if (c)
		bpf_cgroup_release(c);
	return 0;
}
