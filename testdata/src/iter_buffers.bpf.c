// Iterators over the elements of a map get pointers to key and value, which are
// NULL when there are no more. Linux 6.18 before a stable fix takes them for
// buffers all the same.
#include "bpf.h"

LICENSE("GPL");

u32 seen;

SEC("iter/bpf_map_elem")
int checked(u64 *ctx) {
	u32 *key = (u32 *)ctx[2];
	if (key)
		seen += *key;
	return 0;
}

SEC("iter/bpf_map_elem")
int unchecked(u64 *ctx) {
	u32 *key = (u32 *)ctx[2];
	seen += *key; // want 5.10 6.1 6.12 7.2 "R1 invalid mem access 'rdonly_buf_or_null'"
	return 0;
}

SEC("iter/bpf_map_elem")
int written(u64 *ctx) {
	u32 *key = (u32 *)ctx[2];
	if (key)
		*key = 1; // want "R1 cannot write into rdonly_buf"
	return 0;
}
