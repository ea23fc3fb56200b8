// Access to settings of the kernel and to devices.
#include "bpf.h"

LICENSE("GPL");

struct bpf_sysctl {
	u32 write, file_pos;
};

struct bpf_cgroup_dev_ctx {
	u32 access_type, major, minor;
};

SEC("cgroup/sysctl")
int setting(struct bpf_sysctl *ctx) {
	char name[32] = {};
	if (!ctx->write)
		return 1;
	long n = bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	return n > 0 && name[0] == 'n';
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx *ctx) {
	return ctx->major == 1 && (ctx->minor == 3 || ctx->minor == 5) && !(ctx->access_type >> 16 & 4);
}

SEC("cgroup/dev")
int writes(struct bpf_cgroup_dev_ctx *ctx) {
	ctx->major = 0; // want "invalid bpf_context access off=4 size=4"
	return 1;
}
