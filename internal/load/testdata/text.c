/* Programs in .text, as small examples and tests of verifiers have them. */
#include "defs.h"

static __attribute__((noinline)) int helper(int n)
{
	return n * 3;
}

int first(struct xdp_md *ctx)
{
	return helper(ctx->data);
}

int second(struct xdp_md *ctx)
{
	return 0;
}
