// What helpers answer that need nothing but the program that calls them.
#include "note.h"

HELPER(u32, bpf_get_socket_uid, 47, void *ctx);
HELPER(u64, bpf_skb_cgroup_id, 79, void *ctx);
HELPER(u64, bpf_skb_ancestor_cgroup_id, 83, void *ctx, int level);
HELPER(u64, bpf_get_current_cgroup_id, 80, void);
HELPER(u64, bpf_get_current_ancestor_cgroup_id, 123, int level);
HELPER(u64, bpf_sk_cgroup_id, 128, void *sk);
HELPER(u64, bpf_sk_ancestor_cgroup_id, 129, void *sk, int level);
HELPER(long, bpf_btf_find_by_name_kind, 167, const char *name, int size, u32 kind, int flags);
HELPER(long, bpf_kallsyms_lookup_name, 179, const char *name, int size, int flags, u64 *res);
HELPER(long, bpf_get_ns_current_pid_tgid, 120, u64 dev, u64 ino, void *info, u32 size);
HELPER(long, bpf_get_branch_snapshot, 176, void *entries, u32 size, u64 flags);
HELPER(long, bpf_send_signal, 109, u32 sig);
HELPER(long, bpf_probe_write_user, 36, void *dst, const void *src, u32 len);
HELPER(s64, bpf_tcp_raw_gen_syncookie_ipv4, 204, void *iph, void *th, u32 len);
HELPER(long, bpf_tcp_raw_check_syncookie_ipv4, 206, void *iph, void *th);

SEC("tc")
int groups(struct __sk_buff *skb) {
	u64 own = bpf_get_current_cgroup_id();
	note(0, bpf_skb_cgroup_id(skb) - own);
	note(1, bpf_skb_ancestor_cgroup_id(skb, 0));
	note(2, bpf_skb_ancestor_cgroup_id(skb, 77));
	note(3, bpf_skb_ancestor_cgroup_id(skb, -1));
	note(4, bpf_get_socket_uid(skb));
	return 0;
}

SEC("cgroup_skb/egress")
int socket_groups(struct __sk_buff *skb) {
	void *sk = (void *)skb->sk;
	u64 own = bpf_get_current_cgroup_id();
	if (!sk)
		return 1;
	note(0, bpf_sk_cgroup_id(sk) - own);
	note(1, bpf_sk_ancestor_cgroup_id(sk, 0));
	note(2, bpf_sk_ancestor_cgroup_id(sk, 99));
	return 1;
}

SEC("raw_tp/sys_enter")
int process(void *ctx) {
	u64 v = -1;
	u8 entry[24 * 3] = {};
	note(0, bpf_get_current_ancestor_cgroup_id(0));
	note(1, bpf_get_current_ancestor_cgroup_id(98));
	note(2, bpf_get_current_ancestor_cgroup_id(-1));
	note(3, bpf_get_ns_current_pid_tgid(1, 2, &v, 8));
	note(4, v);
	v = -1;
	note(5, bpf_get_ns_current_pid_tgid(1, 2, &v, 4));
	note(6, v);
	note(7, bpf_get_branch_snapshot(entry, sizeof(entry), 1));
	note(8, bpf_get_branch_snapshot(entry, sizeof(entry), 0));
	note(9, bpf_send_signal(65));
	note(10, bpf_send_signal(0));
	return 0;
}

// A kernel that is locked down does not load it.
SEC("raw_tp/sys_enter")
int here_writes(void **ctx) {
	u64 v = 0x1234;
	note(0, bpf_probe_write_user((void *)64, &v, 8));
	note(1, bpf_probe_write_user(ctx[0], &v, 8));
	return 0;
}

SEC("syscall")
int names(void *ctx) {
	static const char file[] = "file", missing[] = "no_such_type_here", u64name[] = "long long unsigned int";
	static const char symbol[] = "no_such_symbol_here";
	u64 address = 5;
	note(0, bpf_btf_find_by_name_kind(file, 5, 4, 0) > 0);
	note(1, bpf_btf_find_by_name_kind(file, 5, 5, 0));
	note(2, bpf_btf_find_by_name_kind(file, 5, 4, 1));
	note(3, bpf_btf_find_by_name_kind(file, 4, 4, 0));
	note(4, bpf_btf_find_by_name_kind(missing, sizeof(missing), 4, 0));
	note(5, bpf_btf_find_by_name_kind(u64name, sizeof(u64name), 1, 0) > 0);
	note(6, bpf_btf_find_by_name_kind(file, 5, 99, 0));
	note(7, bpf_btf_find_by_name_kind(file + 4, 1, 4, 0));
	note(8, bpf_kallsyms_lookup_name(symbol, sizeof(symbol), 0, &address));
	note(9, address);
	note(10, bpf_kallsyms_lookup_name(symbol, sizeof(symbol), 1, &address));
	note(11, bpf_kallsyms_lookup_name(symbol, 4, 0, &address));
	return 0;
}

union attr {
	struct {
		u32 type, key, value, entries, flags, inner, node;
		char name[16];
		u32 more[10];
	};
	struct {
		u32 fd;
		u64 key_at, value_at, how;
	};
};

SEC("syscall")
int maps(void *ctx) {
	static union attr a;
	static u32 key;
	static u64 value;
	long fd;
	__builtin_memset(&a, 0, sizeof(a));
	note(0, bpf_sys_bpf(1, &a, sizeof(a)));
	note(1, bpf_sys_bpf(0, &a, sizeof(a)));
	a.type = MAP_HASH;
	a.key = 4;
	a.value = 8;
	a.entries = 1;
	fd = bpf_sys_bpf(0, &a, sizeof(a));
	note(2, fd > 0);
	if (fd <= 0)
		return 1;
	__builtin_memset(&a, 0, sizeof(a));
	a.fd = fd;
	a.key_at = (u64)&key;
	a.value_at = (u64)&value;
	key = 5;
	value = 7;
	note(3, bpf_sys_bpf(2, &a, sizeof(a)));
	a.how = 1;
	note(4, bpf_sys_bpf(2, &a, sizeof(a)));
	a.how = 0;
	key = 6;
	note(5, bpf_sys_bpf(2, &a, sizeof(a)));
	note(6, bpf_sys_bpf(3, &a, sizeof(a)));
	key = 5;
	note(7, bpf_sys_bpf(3, &a, sizeof(a)));
	note(8, bpf_sys_bpf(4, &a, sizeof(a)));
	note(9, bpf_sys_bpf(21, &a, sizeof(a)));
	note(10, bpf_sys_bpf(26, &a, sizeof(a)));
	note(11, bpf_sys_close(fd));
	note(12, bpf_sys_close(fd));
	note(13, bpf_sys_bpf(2, &a, sizeof(a)));
	note(14, bpf_sys_close(100000));
	return 0;
}

struct headers {
	struct ipv4 ip;
	struct tcp tcp;
	u8 options[4];
};

SEC("tc")
int cookies(struct __sk_buff *skb) {
	struct headers h = {.ip = {.version_len = 0x45, .src = 1, .dst = 2}, .tcp = {.src = 3, .dst = 4}};
	s64 cookie;
	h.tcp.seq = net32(1000);
	h.tcp.flags = net16(0x6002);
	h.options[0] = 2;
	h.options[1] = 4;
	h.options[2] = 1400 >> 8;
	h.options[3] = 1400 & 255;
	note(0, bpf_tcp_raw_gen_syncookie_ipv4(&h.ip, &h.tcp, 20));
	cookie = bpf_tcp_raw_gen_syncookie_ipv4(&h.ip, &h.tcp, 24);
	note(1, cookie >> 32);
	h.tcp.seq = net32(1001);
	h.tcp.ack = net32((u32)cookie + 1);
	note(2, bpf_tcp_raw_check_syncookie_ipv4(&h.ip, &h.tcp));
	h.tcp.ack = net32((u32)cookie + 2);
	note(3, bpf_tcp_raw_check_syncookie_ipv4(&h.ip, &h.tcp));
	h.tcp.ack = net32((u32)cookie + 1);
	h.tcp.src = 9;
	note(4, bpf_tcp_raw_check_syncookie_ipv4(&h.ip, &h.tcp));
	h.tcp.flags = net16(0x5002);
	note(5, bpf_tcp_raw_gen_syncookie_ipv4(&h.ip, &h.tcp, 20) >> 32);
	return 0;
}
