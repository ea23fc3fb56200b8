// SPDX-License-Identifier: GPL-2.0
int here(void *ctx)
{
	int *größe = lookup(ctx); return *größe;
}
