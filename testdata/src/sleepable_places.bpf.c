// Where programs may sleep: hooks of several kinds with the flag, and what may be
// called inside of sections that must not sleep.
#include "bpf.h"

LICENSE("GPL");

extern void bpf_rcu_read_lock(void) KSYM WEAK;
extern void bpf_rcu_read_unlock(void) KSYM WEAK;
extern void bpf_preempt_disable(void) KSYM WEAK;
extern void bpf_preempt_enable(void) KSYM WEAK;
extern void bpf_local_irq_save(u64 *flags) KSYM WEAK;
extern void bpf_local_irq_restore(u64 *flags) KSYM WEAK;
extern int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags) KSYM WEAK;

#define PLACE(section, name) SEC(section) int name(u64 *ctx) { return 0; }

PLACE("lsm.s/file_open", file_open)
PLACE("lsm.s/bprm_committed_creds", committed)
PLACE("lsm.s/inode_free_security", free_inode)
PLACE("fentry.s/__x64_sys_getpgid", call_entry) // want program "__x64_sys_getpgid is not sleepable"
PLACE("fexit.s/__x64_sys_getpgid", call_exit) // want program "__x64_sys_getpgid is not sleepable"
PLACE("fmod_ret.s/__x64_sys_getpgid", call_result) // want program "__x64_sys_getpgid is not sleepable"
PLACE("fentry.s/security_file_open", security_entry) // want program "security_file_open is not sleepable"
PLACE("fmod_ret.s/security_file_open", security_result) // want program "security_file_open is not sleepable"
PLACE("uprobe.s//bin/sh:main", in_user_space)
PLACE("kprobe.s/vfs_read", in_kernel)
PLACE("iter.s/task", iterator)
PLACE("syscall", call)

static NOINLINE int copies(void *from) {
	u64 value = 0;
	return bpf_copy_from_user(&value, sizeof(value), from);
}

NOINLINE int copies_for_all(u64 from) { return copies((void *)from); }

SEC("lsm.s/file_open")
int calls_outside(u64 *ctx) { return copies_for_all(16) & 0; }

SEC("lsm.s/file_open") // want program "a non-sleepable BPF program context"
int calls_in_rcu(u64 *ctx) {
	bpf_rcu_read_lock();
	int n = copies_for_all(16);
	bpf_rcu_read_unlock();
	return n & 0;
}

SEC("lsm.s/file_open") // want program "in rcu_read_lock region"
int calls_static_in_rcu(u64 *ctx) {
	bpf_rcu_read_lock();
	int n = copies((void *)16);
	bpf_rcu_read_unlock();
	return n & 0;
}

SEC("lsm.s/file_open") // want program "a non-sleepable BPF program context"
int calls_without_preemption(u64 *ctx) {
	bpf_preempt_disable();
	int n = copies_for_all(16);
	bpf_preempt_enable();
	return n & 0;
}

SEC("lsm.s/file_open") // want program "a non-sleepable BPF program context"
int calls_without_interrupts(u64 *ctx) {
	u64 flags;
	bpf_local_irq_save(&flags);
	int n = copies_for_all(16);
	bpf_local_irq_restore(&flags);
	return n & 0;
}

SEC("lsm/file_open") // want program "a non-sleepable BPF program context"
int calls_awake(u64 *ctx) { return copies_for_all(16) & 0; }

SEC("lsm.s/file_open")
int kfunc_outside(u64 *ctx) {
	char text[8];
	return bpf_copy_from_user_str(text, sizeof(text), (void *)16, 0) & 0;
}

SEC("lsm.s/file_open") // want program "is sleepable within rcu_read_lock region"
int kfunc_in_rcu(u64 *ctx) {
	char text[8];
	bpf_rcu_read_lock();
	int n = bpf_copy_from_user_str(text, sizeof(text), (void *)16, 0);
	bpf_rcu_read_unlock();
	return n & 0;
}

SEC("lsm.s/file_open") // want program "is sleepable within non-preemptible region"
int kfunc_without_preemption(u64 *ctx) {
	char text[8];
	bpf_preempt_disable();
	int n = bpf_copy_from_user_str(text, sizeof(text), (void *)16, 0);
	bpf_preempt_enable();
	return n & 0;
}

SEC("lsm.s/file_open") // want program "is sleepable within IRQ-disabled region"
int kfunc_without_interrupts(u64 *ctx) {
	char text[8];
	u64 flags;
	bpf_local_irq_save(&flags);
	int n = bpf_copy_from_user_str(text, sizeof(text), (void *)16, 0);
	bpf_local_irq_restore(&flags);
	return n & 0;
}

// A callback sleeps if its caller may.
static int step(u64 i, void **from) { return copies(*from) != 0; }

SEC("lsm.s/file_open")
int loops_outside(u64 *ctx) {
	void *from = (void *)16;
	return bpf_loop(4, step, &from, 0) & 0;
}

SEC("lsm.s/file_open") // want program "in rcu_read_lock region"
int loops_in_rcu(u64 *ctx) {
	void *from = (void *)16;
	bpf_rcu_read_lock();
	long n = bpf_loop(4, step, &from, 0);
	bpf_rcu_read_unlock();
	return n & 0;
}
