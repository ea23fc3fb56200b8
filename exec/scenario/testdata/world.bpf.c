// Programs that ask what only a scenario can tell, and whose effects a result
// does not tell.
#include "bpf.h"

LICENSE("GPL");

HELPER(long, bpf_sysctl_get_current_value, 102, void *ctx, char *buf, u64 len);
HELPER(long, bpf_sysctl_get_new_value, 103, void *ctx, char *buf, u64 len);
HELPER(long, bpf_sysctl_set_new_value, 104, void *ctx, const char *buf, u64 len);
HELPER(long, bpf_getsockopt, 57, void *ctx, int level, int name, void *value, int len);
HELPER(long, bpf_sock_ops_cb_flags_set, 59, void *ctx, int flags);
HELPER(long, bpf_msg_apply_bytes, 61, void *ctx, u32 bytes);
HELPER(long, bpf_msg_cork_bytes, 62, void *ctx, u32 bytes);
HELPER(long, bpf_msg_push_data, 90, void *ctx, u32 start, u32 len, u64 flags);
HELPER(long, bpf_msg_pop_data, 91, void *ctx, u32 start, u32 len, u64 flags);
HELPER(long, bpf_send_signal, 109, u32 sig);
HELPER(long, bpf_send_signal_thread, 117, u32 sig);
HELPER(long, bpf_get_ns_current_pid_tgid, 120, u64 dev, u64 ino, void *info, u32 size);
HELPER(u64, bpf_get_current_ancestor_cgroup_id, 123, int level);
HELPER(long, bpf_load_hdr_opt, 142, void *ctx, void *res, u32 len, u64 flags);
HELPER(long, bpf_store_hdr_opt, 143, void *ctx, const void *from, u32 len, u64 flags);
HELPER(long, bpf_reserve_hdr_opt, 144, void *ctx, u32 len, u64 flags);
HELPER(long, bpf_kallsyms_lookup_name, 179, const char *name, int size, int flags, u64 *res);

#define SAY(format, ...)                                                                           \
	({                                                                                         \
		static const char text[] = format;                                                 \
		bpf_trace_printk(text, sizeof(text), ##__VA_ARGS__);                               \
	})

struct bpf_sysctl {
	u32 write, file_pos;
};

SEC("cgroup/sysctl")
int sysctl(struct bpf_sysctl *ctx) {
	char name[32], base[16], value[8], next[8] = "";
	long a = bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	long b = bpf_sysctl_get_name(ctx, base, sizeof(base), 1);
	SAY("name %s %ld %ld", name, a, b);
	SAY("base %s short %ld flags %ld", base, bpf_sysctl_get_name(ctx, value, 4, 0), bpf_sysctl_get_name(ctx, value, 4, 2));
	a = bpf_sysctl_get_current_value(ctx, value, sizeof(value));
	SAY("value %s %ld", value, a);
	a = bpf_sysctl_get_new_value(ctx, next, sizeof(next));
	SAY("new %s %ld", next, a);
	a = bpf_sysctl_set_new_value(ctx, "600", 3);
	SAY("set %ld", a);
	return 1;
}

struct bpf_sock_ops {
	u32 op;
	u32 args[4];
	u32 more[16];
	u32 callbacks;
};

SEC("sockops")
int socket(struct bpf_sock_ops *ctx) {
	u8 found[8] = {2}, shared[8] = {254, 4, 0xab, 0xcd}, mine[] = {254, 6, 0x12, 0x34, 5, 6};
	u32 v = 7, mark = 9;
	switch (ctx->op) {
	case 14:
		SAY("reserve %ld %ld %ld", bpf_reserve_hdr_opt(ctx, 6, 0), bpf_reserve_hdr_opt(ctx, 1, 0), bpf_reserve_hdr_opt(ctx, 36, 0));
		break;
	case 15: {
		long a = bpf_store_hdr_opt(ctx, mine, sizeof(mine), 0);
		long b = bpf_store_hdr_opt(ctx, mine, sizeof(mine), 0);
		mine[2]++;
		SAY("store %ld %ld %ld", a, b, bpf_store_hdr_opt(ctx, mine, sizeof(mine), 0));
		break;
	}
	default:
		SAY("callbacks %ld", bpf_sock_ops_cb_flags_set(ctx, 0x181));
		SAY("now %u", ctx->callbacks);
		bpf_load_hdr_opt(ctx, found, sizeof(found), 0);
		SAY("size %x%02x", found[2], found[3]);
		SAY("shared %ld %x", bpf_load_hdr_opt(ctx, shared, sizeof(shared), 0), shared[4]);
		SAY("store %ld reserve %ld", bpf_store_hdr_opt(ctx, mine, sizeof(mine), 0), bpf_reserve_hdr_opt(ctx, 6, 0));
		found[0] = 77;
		found[1] = 0;
		SAY("missing %ld", bpf_load_hdr_opt(ctx, found, sizeof(found), 0));
		bpf_setsockopt(ctx, 1, 36, &mark, 4);
		mark = 0;
		bpf_getsockopt(ctx, 1, 36, &mark, 4);
		bpf_getsockopt(ctx, 1, 12, &v, 4);
		SAY("mark %u priority %u", mark, v);
		v = 5000;
		bpf_setsockopt(ctx, 1, 7, &v, 4);
		bpf_getsockopt(ctx, 1, 7, &v, 4);
		SAY("buffer %u other %ld size %ld", v, bpf_setsockopt(ctx, 1, 99, &v, 4), bpf_setsockopt(ctx, 1, 36, &v, 2));
	}
	return 1;
}

struct {
	__uint(type, MAP_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} peers SEC(".maps");

struct sk_msg_md {
	void *data, *end;
	u32 more[13];
	u32 size;
};

SEC("sk_msg")
int message(struct sk_msg_md *ctx) {
	u32 a, b, size = ctx->size;
	long e = bpf_msg_pull_data(ctx, 2, 4, 0);
	SAY("pull %ld shows %u of %u", e, (u32)(ctx->end - ctx->data), ctx->size);
	e = bpf_msg_push_data(ctx, 1, 3, 0);
	a = ctx->end - ctx->data;
	b = bpf_msg_pop_data(ctx, 4, 2, 0);
	SAY("push %ld shows %u pop %d", e, a, b);
	SAY("beyond %ld %ld %ld", bpf_msg_pull_data(ctx, 0, size + 9, 0), bpf_msg_push_data(ctx, size + 9, 1, 0),
	    bpf_msg_pop_data(ctx, 0, size + 9, 0));
	bpf_msg_apply_bytes(ctx, 5);
	bpf_msg_cork_bytes(ctx, 6);
	SAY("none %ld", bpf_msg_redirect_map(ctx, &peers, 3, 0));
	return bpf_msg_redirect_map(ctx, &peers, 1, 1);
}

SEC("raw_tp/process")
int process(void *ctx) {
	u32 ids[2] = {9, 9};
	long e = bpf_get_ns_current_pid_tgid(4, 4026531836, ids, sizeof(ids));
	SAY("namespace %ld %u %u", e, ids[0], ids[1]);
	SAY("ancestors %lu %lu %lu", bpf_get_current_ancestor_cgroup_id(0), bpf_get_current_ancestor_cgroup_id(1),
	    bpf_get_current_ancestor_cgroup_id(2));
	SAY("none %lu", bpf_get_current_ancestor_cgroup_id(3));
	SAY("signals %ld %ld %ld", bpf_send_signal(9), bpf_send_signal_thread(10), bpf_send_signal(65));
	return 0;
}

SEC("syscall")
int symbols(void *ctx) {
	static const char one[] = "jiffies", two[] = "vfs_read", none[] = "no_such";
	u64 a = 0, b = 0, c = 1;
	long e = bpf_kallsyms_lookup_name(one, sizeof(one), 0, &a);
	bpf_kallsyms_lookup_name(two, sizeof(two), 0, &b);
	SAY("symbols %ld %lx %lx", e, a, b);
	SAY("none %ld %lu", bpf_kallsyms_lookup_name(none, sizeof(none), 0, &c), c);
	return 0;
}
