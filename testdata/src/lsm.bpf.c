// Security hooks: their results are 0 or an error; some may sleep.
#include "bpf.h"

LICENSE("GPL");

struct inode {
	u16 i_mode;
} CORE;

struct file {
	struct inode *f_inode;
} CORE;

struct {
	__uint(type, MAP_INODE_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} opens SEC(".maps");

SEC("lsm/file_open")
int open(u64 *ctx) {
	struct file *file = (void *)ctx[0];
	u64 *n = bpf_inode_storage_get(&opens, file->f_inode, 0, 1);
	if (n && ++*n > 1000)
		return -1;
	return 0;
}

SEC("lsm.s/bprm_check_security")
int check(u64 *ctx) {
	char buffer[8];
	return bpf_copy_from_user(buffer, sizeof(buffer), (void *)8) ? -13 : 0;
}

SEC("lsm/file_open")
int allow_twice(u64 *ctx) {
	return 2; // want "At program exit the register R0 has smin=2 smax=2 should have been in [-4095, 0]"
}

SEC("lsm/file_open")
int sleeps(u64 *ctx) {
	char buffer[8];
	return bpf_copy_from_user(buffer, sizeof(buffer), (void *)8) ? -13 : 0; // want "helper call might sleep in a non-sleepable prog"
}

SEC("lsm_cgroup/socket_create")
int cgroup(u64 *ctx) {
	return (int)ctx[0] == 16 ? 0 : 1;
}
