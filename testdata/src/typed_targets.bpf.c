// What programs may be attached to, and what they see of it.
#include "bpf.h"

LICENSE("GPL");

struct path;
struct inode;

struct file {
	struct inode *f_inode;
} CORE;

HELPER(long, bpf_d_path, 147, void *path, char *buffer, u32 size);

u64 seen;

SEC("fexit/vfs_getattr")
int result(u64 *ctx) {
	char name[32];
	bpf_d_path((void *)ctx[0], name, sizeof(name));
	seen = (int)ctx[4] + name[0];
	return 0;
}

SEC("fentry/vfs_getattr")
int result_before(u64 *ctx) {
	seen = ctx[4]; // want "invalid bpf_context access off=32 size=8"
	return 0;
}

SEC("fentry/vfs_read")
int path_elsewhere(u64 *ctx) {
	char name[32];
	bpf_d_path((void *)ctx[0], name, sizeof(name)); // want "helper call is not allowed in probe"
	return 0;
}

SEC("fentry/vfs_read")
int one(u64 *ctx) {
	return 1; // want "At program exit the register R0 has smin=1 smax=1 should have been in [0, 0]"
}

SEC("fexit/do_exit") // want program "Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected."
int never(u64 *ctx) {
	return 0;
}

SEC("fentry.s/vfs_read") // want program "vfs_read is not sleepable"
int sleeps(u64 *ctx) {
	return 0;
}

SEC("lsm/inode_free_security")
int nothing(u64 *ctx) {
	return 7;
}

SEC("lsm/file_open")
int previous(u64 *ctx) {
	return ctx[1];
}
