// Hooks of security modules differ: some have no result, some have results of
// their own, some are not for programs.
#include "bpf.h"

LICENSE("GPL");

SEC("lsm/inode_free_security")
int nothing_to_say(u64 *ctx) {
	return 0;
}

SEC("lsm/file_permission")
int minus_one(u64 *ctx) {
	return -1;
}

SEC("lsm/inode_xattr_skipcap")
int boolean(u64 *ctx) {
	return 1;
}

SEC("lsm/inode_xattr_skipcap")
int neither_true_nor_false(u64 *ctx) {
	return 2; // want "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]"
}

SEC("lsm/vm_enough_memory") // want program "points to disabled hook bpf_lsm_vm_enough_memory"
int disabled(u64 *ctx) {
	return 0;
}

SEC("lsm/getprocattr") // want program "points to disabled hook bpf_lsm_getprocattr"
int not_for_programs(u64 *ctx) {
	return 0;
}

SEC("lsm/no_such_hook")
int unknown(u64 *ctx) {
	return 0;
}
