// Rejected: the context ends after 24 bytes.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int beyond(struct xdp_md *ctx) {
	return *(volatile u32 *)((void *)ctx + 24); // want "invalid bpf_context access off=24 size=4"
}
