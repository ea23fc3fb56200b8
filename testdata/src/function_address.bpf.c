// bpf_get_func_ip says at which function a program was called, where it was
// called at one.
#include "bpf.h"

LICENSE("GPL");

SEC("fentry/vfs_read")
int at_entry(u64 *ctx) { return bpf_get_func_ip(ctx) == 1 ? 0 : 0; }

SEC("fexit/vfs_read")
int at_exit(u64 *ctx) {
	bpf_get_func_ip(ctx);
	return 0;
}

SEC("kprobe.multi/vfs_r*")
int at_many(u64 *ctx) { return bpf_get_func_ip(ctx) == 1; }

SEC("tp_btf/sched_switch")
int at_tracepoint(u64 *ctx) {
	return bpf_get_func_ip(ctx) & 1; // want "func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs"
}

SEC("iter/task")
int in_iterator(u64 *ctx) {
	bpf_get_func_ip(ctx); // want "func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs"
	return 0;
}

SEC("lsm/file_open")
int at_hook(u64 *ctx) {
	bpf_get_func_ip(ctx); // want "func bpf_get_func_ip#173 not supported for program type 29"
	return 0;
}

SEC("fentry/vfs_read")
int of_number(u64 *ctx) {
	bpf_get_func_ip((void *)5); // want "R1 type=scalar expected=ctx"
	return 0;
}
