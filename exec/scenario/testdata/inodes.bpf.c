// A count for each inode that is opened, kept in its local storage.
#include "bpf.h"

LICENSE("GPL");

HELPER(long, bpf_inode_storage_delete, 146, void *map, void *inode);

struct inode {
	unsigned long i_ino;
} CORE;
struct file {
	struct inode *f_inode;
} CORE;

struct {
	__uint(type, MAP_INODE_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} counts SEC(".maps");

SEC("lsm/file_open")
int opened(u64 *ctx) {
	static const char line[] = "inode %lu opened %lu times";
	struct file *f = (struct file *)ctx[0];
	u64 *n = bpf_inode_storage_get(&counts, f->f_inode, NULL, 1);
	if (!n)
		return -1;
	bpf_trace_printk(line, sizeof(line), f->f_inode->i_ino, ++*n);
	return 0;
}

SEC("lsm/inode_free_security")
int gone(u64 *ctx) {
	static const char line[] = "freed %ld";
	bpf_trace_printk(line, sizeof(line), bpf_inode_storage_delete(&counts, (void *)ctx[0]));
	return 0;
}
