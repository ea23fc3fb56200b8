// A program that user space calls with its own memory as context.
#include "bpf.h"

LICENSE("GPL");

struct args {
	u64 in, out;
	char text[8];
};

SEC("syscall")
int run(struct args *args) {
	char text[8];
	if (args->in > 8)
		return 1;
	if (bpf_copy_from_user(text, args->in & 7, (void *)8))
		return 2;
	args->out = args->in * 3;
	return 0;
}

SEC("syscall")
int close(struct args *args) {
	return bpf_sys_close(args->in);
}

SEC("syscall")
int too_big(struct args *args) {
	return *(volatile u8 *)((void *)args + 65536); // want "dereference of modified ctx ptr R1 off=65536 disallowed"
}
