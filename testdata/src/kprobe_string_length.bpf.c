// How many bytes a string has is known only after it was read: the result must
// be checked before it is used as a length.
#include "bpf.h"

LICENSE("GPL");

struct buffer {
	char text[256];
};

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct buffer);
} buffers SEC(".maps");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 1 << 14);
} events SEC(".maps");

SEC("kprobe/do_sys_openat2")
int checked(void *regs) {
	u32 zero = 0;
	struct buffer *b = bpf_map_lookup_elem(&buffers, &zero);
	if (!b)
		return 0;
	long n = bpf_probe_read_kernel_str(b->text, sizeof(b->text), (void *)bpf_get_current_task());
	if (n < 0 || n > sizeof(b->text))
		return 0;
	bpf_ringbuf_output(&events, b->text, n, 0);
	return 0;
}

SEC("kprobe/do_sys_openat2")
int unchecked(void *regs) {
	u32 zero = 0;
	struct buffer *b = bpf_map_lookup_elem(&buffers, &zero);
	if (!b)
		return 0;
	u64 n = bpf_get_prandom_u32();
	bpf_ringbuf_output(&events, b->text, n & 511, 0); // want "R2 min value is outside of the allowed memory range"
	return 0;
}

SEC("kprobe/do_sys_openat2")
int negative(void *regs) {
	u32 zero = 0;
	struct buffer *b = bpf_map_lookup_elem(&buffers, &zero);
	if (!b)
		return 0;
	long n = bpf_probe_read_kernel_str(b->text, sizeof(b->text), (void *)bpf_get_current_task());
	OPAQUE(n);
	bpf_ringbuf_output(&events, b->text, n, 0); // want "R3 min value is negative, either use unsigned or 'var &= const'"
	return 0;
}
