// New sockets, their options and their addresses.
#include "net.h"

LICENSE("GPL");

struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol;
	u32 msg_src_ip4, msg_src_ip6[4];
};

struct bpf_sockopt {
	struct bpf_sock *sk __attribute__((aligned(8)));
	u8 *optval __attribute__((aligned(8)));
	u8 *optval_end __attribute__((aligned(8)));
	s32 level, optname, optlen, retval;
};

SEC("cgroup/sock_create")
int create(struct bpf_sock *sk) {
	if (sk->type == 3)
		return 0;
	sk->mark = 17;
	return 1;
}

SEC("cgroup/connect4")
int redirect(struct bpf_sock_addr *addr) {
	if (addr->user_port == net16(80)) {
		addr->user_ip4 = net32(0x7f000001);
		addr->user_port = net16(8080);
	}
	return 1;
}

SEC("cgroup/connect4")
int wrong_family(struct bpf_sock_addr *addr) {
	addr->user_ip6[0] = 0; // want "invalid bpf_context access off=8 size=4"
	return 1;
}

SEC("cgroup/setsockopt")
int set(struct bpf_sockopt *opt) {
	u8 *value = opt->optval;
	if (value + 1 > opt->optval_end)
		return 0;
	if (*value)
		opt->optlen = -1;
	return 1;
}

SEC("cgroup/getsockopt")
int get(struct bpf_sockopt *opt) {
	return *opt->optval; // want "R1 offset is outside of the packet"
}
