// The names of a kernel function's parameters say what they are: sizes of the
// memory before them, constants, memory that may be null or is not read.
#include "net.h"

LICENSE("GPL");

struct bpf_iter_bits {
	u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *mem__ign, u32 nr_words) KSYM;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) KSYM;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) KSYM;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, u64 flags, struct bpf_dynptr *ptr__uninit) KSYM;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 offset, void *buffer__nullable, u32 buffer__szk) KSYM;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) KSYM;
extern void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign) KSYM;
extern void bpf_obj_drop_impl(void *kptr, void *meta__ign) KSYM;
extern int bpf_strlen(const char *s__ign) KSYM WEAK;

struct thing {
	u64 a, b;
};

SEC("xdp")
int size_fits(struct xdp_md *ctx) {
	struct bpf_dynptr ptr;
	char buffer[14];
	if (bpf_dynptr_from_xdp(ctx, 0, &ptr))
		return XDP_PASS;
	u8 *p = bpf_dynptr_slice(&ptr, 0, buffer, sizeof(buffer));
	return p && p[13] ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int size_too_large(struct xdp_md *ctx) {
	struct bpf_dynptr ptr;
	char buffer[14];
	if (bpf_dynptr_from_xdp(ctx, 0, &ptr))
		return XDP_PASS;
	u8 *p = bpf_dynptr_slice(&ptr, 0, buffer, 32); // want "arg#2 arg#3 memory, len pair leads to invalid memory access"
	return p ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int size_not_constant(struct xdp_md *ctx) {
	struct bpf_dynptr ptr;
	char buffer[16];
	if (bpf_dynptr_from_xdp(ctx, 0, &ptr))
		return XDP_PASS;
	u8 *p = bpf_dynptr_slice(&ptr, 0, buffer, ctx->rx_queue_index & 7); // want "R4 must be a known constant"
	return p ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int no_buffer(struct xdp_md *ctx) {
	struct bpf_dynptr ptr;
	if (bpf_dynptr_from_xdp(ctx, 0, &ptr))
		return XDP_PASS;
	u8 *p = bpf_dynptr_slice(&ptr, 0, 0, 14);
	return p && p[13] ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int not_made(struct xdp_md *ctx) {
	struct bpf_dynptr ptr = {};
	return bpf_dynptr_size(&ptr) > 64 ? XDP_DROP : XDP_PASS; // want "Expected an initialized dynptr as arg #0"
}

SEC("xdp")
int made_twice(struct xdp_md *ctx) {
	struct bpf_dynptr ptr;
	bpf_dynptr_from_xdp(ctx, 0, &ptr);
	bpf_dynptr_from_xdp(ctx, 0, &ptr);
	return XDP_PASS;
}

SEC("xdp")
int type_is_constant(struct xdp_md *ctx) {
	struct thing *t = bpf_obj_new_impl(__builtin_btf_type_id(*(struct thing *)0, 0), 0);
	if (!t)
		return XDP_PASS;
	t->a = 1;
	bpf_obj_drop_impl(t, 0);
	return XDP_DROP;
}

SEC("xdp")
int type_varies(struct xdp_md *ctx) {
	struct thing *t = bpf_obj_new_impl(ctx->rx_queue_index, 0); // want "R1 must be a known constant"
	if (t)
		bpf_obj_drop_impl(t, 0);
	return XDP_PASS;
}

SEC("xdp")
int object_is_lost(struct xdp_md *ctx) {
	bpf_obj_new_impl(__builtin_btf_type_id(*(struct thing *)0, 0), 0);
	return XDP_PASS; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

u64 words[2];

SEC("xdp")
int bits(struct xdp_md *ctx) {
	struct bpf_iter_bits it;
	int *bit, n = 0;
	bpf_iter_bits_new(&it, words, 2);
	while ((bit = bpf_iter_bits_next(&it)))
		n += *bit;
	bpf_iter_bits_destroy(&it);
	return n ? XDP_DROP : XDP_PASS;
}
