// The context of typed programs is as long as the arguments that are saved.
#include "bpf.h"

LICENSE("GPL");

SEC("fentry/do_unlinkat")
int arguments(u64 *ctx) { u64 v = ctx[0]; OPAQUE(v); return 0; }

SEC("fexit/do_unlinkat")
int result(u64 *ctx) { u64 v = ctx[2]; OPAQUE(v); return 0; }

// A program at the entry does not see the result.
SEC("fentry/do_unlinkat")
int no_result(u64 *ctx) {
	u64 v = ctx[2]; OPAQUE(v); return 0; // want "invalid bpf_context access off=16 size=8"
}

SEC("fexit/do_unlinkat")
int behind_the_result(u64 *ctx) {
	u64 v = ctx[3]; OPAQUE(v); return 0; // want "invalid bpf_context access off=24 size=8"
}

SEC("tp_btf/sys_exit")
int tracepoint(u64 *ctx) { u64 v = ctx[1]; OPAQUE(v); return 0; }

SEC("tp_btf/sys_exit")
int behind_the_tracepoint(u64 *ctx) {
	u64 v = ctx[2]; OPAQUE(v); return 0; // want "invalid bpf_context access off=16 size=8"
}
