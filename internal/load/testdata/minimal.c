/* One program, no maps, no CO-RE. */
#include "defs.h"

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return ctx->data_end ? 2 : 1;
}
