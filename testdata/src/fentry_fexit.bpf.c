// Entry and exit of a kernel function, with its typed arguments.
#include "bpf.h"

LICENSE("GPL");

struct inode {
	u64 i_ino;
} CORE;

struct dentry {
	struct inode *d_inode;
} CORE;

struct file {
	struct inode *f_inode;
	unsigned int f_flags;
} CORE;

u64 opened, failed, inode;

SEC("fentry/vfs_read")
int enter(u64 *ctx) {
	struct file *file = (void *)ctx[0];
	inode = file->f_inode->i_ino;
	opened++;
	return 0;
}

SEC("fexit/vfs_read")
int leave(u64 *ctx) {
	if ((s64)ctx[4] < 0)
		failed++;
	return 0;
}

SEC("fentry/vfs_read")
int no_result(u64 *ctx) {
	return ctx[4]; // want "invalid bpf_context access off=32 size=8"
}

SEC("fentry/vfs_read")
int not_zero(u64 *ctx) {
	return 1; // want "At program exit the register R0 has smin=1 smax=1 should have been in [0, 0]"
}

SEC("fentry/no_such_function_in_any_kernel")
int nowhere(u64 *ctx) {
	return 0;
}
