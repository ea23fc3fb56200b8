// An extension needs the program whose function it replaces; loaded alone it is
// refused.
#include "net.h"

LICENSE("GPL");

SEC("freplace/too_long") // want program "Tracing programs must provide btf_id"
int replacement(struct xdp_md *ctx) {
	return ctx->data_end - ctx->data > 9000;
}
