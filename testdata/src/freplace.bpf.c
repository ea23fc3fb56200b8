// Extensions replace functions of programs that were loaded before: those of
// freplace_target.bpf.c. They are compared with what they replace, and verified
// as programs of its type.
#include "net.h"

LICENSE("GPL");

SEC("freplace/too_long")
int replacement(struct xdp_md *ctx) {
	return ctx->data_end - ctx->data > 9000;
}

SEC("freplace/number")
int same_number(u32 n) {
	return n + 1;
}

SEC("freplace/number")
u64 other_result(u32 n) {
	return n + 1ull;
}

SEC("freplace/number")
int two_numbers(u32 n, u32 m) { // want program "two_numbers() has 2 args while number() has 1 args"
	return n + m;
}

SEC("freplace/number")
int wider_number(u64 n) { // want program "arg0 in wider_number() has size 8 while number() has 4"
	return n + 1;
}

SEC("freplace/number")
int pointer_for_number(struct xdp_md *ctx) { // want program "arg0 in pointer_for_number() is PTR while number() has INT"
	return ctx->data_end - ctx->data > 1;
}

SEC("freplace/number")
struct xdp_md *pointer_result(u32 n) { // want program "Return type PTR of pointer_result() doesn't match type INT of number()"
	return NULL;
}

SEC("freplace/too_long")
int other_context(struct __sk_buff *skb) { // want program "arg0 other_context(struct __sk_buff *) doesn't match too_long(struct xdp_md *)"
	return skb->len;
}

SEC("freplace/hidden")
int of_static(u32 n) { // want program "hidden() is not a global function"
	return n;
}

SEC("freplace/looks_at_memory")
int of_memory(struct xdp_md *p) { // want program "Cannot replace static functions"
	return 0;
}

SEC("freplace/main_program")
int whole(struct xdp_md *ctx) {
	return XDP_PASS;
}

SEC("freplace/main_program")
int whole_too_great(struct xdp_md *ctx) {
	return 77;
}

SEC("freplace/too_long")
int moves_packet(struct xdp_md *ctx) { // want program "Extension program changes packet data, while original does not"
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/moves")
int moves_as_well(struct xdp_md *ctx) {
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/too_long")
int beyond(struct xdp_md *ctx) {
	u8 *p = start(ctx);
	return *p; // want "R1 offset is outside of the packet"
}
