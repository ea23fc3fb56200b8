// Measures how long a kernel function takes: a hash map joins entry and return.
#include "bpf.h"

LICENSE("GPL");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct {
	__uint(type, MAP_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} started SEC(".maps");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} slots SEC(".maps");

SEC("kprobe/vfs_read")
int enter(struct pt_regs *regs) {
	u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	if (regs->dx == 0)
		return 0;
	bpf_map_update_elem(&started, &id, &now, 0);
	return 0;
}

INLINE u32 log2(u64 v) {
	u32 bits = 0;
	for (int shift = 32; shift; shift >>= 1)
		if (v >> shift) {
			v >>= shift;
			bits += shift;
		}
	return bits;
}

SEC("kretprobe/vfs_read")
int leave(struct pt_regs *regs) {
	u64 id = bpf_get_current_pid_tgid();
	u64 *begin = bpf_map_lookup_elem(&started, &id);
	if (!begin)
		return 0;
	u32 slot = log2(bpf_ktime_get_ns() - *begin);
	bpf_map_delete_elem(&started, &id);
	u64 *n = bpf_map_lookup_elem(&slots, &slot);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
