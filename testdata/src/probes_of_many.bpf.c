// Probes that are attached to many functions at once may call the kernel
// functions that other probes may. Sessions have some of their own.
#include "bpf.h"

LICENSE("GPL");

extern void bpf_rcu_read_lock(void) KSYM WEAK;
extern void bpf_rcu_read_unlock(void) KSYM WEAK;
extern _Bool bpf_session_is_return(void) KSYM WEAK;

INLINE int guarded(void) {
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("kprobe/vfs_read")
int one(void *ctx) { return guarded(); }

SEC("kprobe.multi/vfs_*")
int many(void *ctx) { return guarded(); }

SEC("kprobe.session/vfs_*")
int both_ends(void *ctx) { return guarded(); }

SEC("uprobe.multi//bin/true:main")
int many_users(void *ctx) { return guarded(); }

SEC("uprobe.multi.s//bin/true:main")
int many_sleeping(void *ctx) { return guarded(); }

SEC("kprobe.session/vfs_*")
int return_of_session(void *ctx) { return bpf_session_is_return() ? 0 : 1; }

SEC("kprobe.multi/vfs_*")
int return_of_many(void *ctx) {
	return bpf_session_is_return() ? 0 : 1; // want "calling kernel function bpf_session_is_return is not allowed"
}
