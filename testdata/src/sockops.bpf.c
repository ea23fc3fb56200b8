// Events of TCP connections.
#include "net.h"

LICENSE("GPL");

struct bpf_sock_ops {
	u32 op;
	u32 reply, unused[3];
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 is_fullsock, snd_cwnd, srtt_us, flags, state;
};

struct {
	__uint(type, MAP_SOCKHASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} connections SEC(".maps");

SEC("sockops")
int event(struct bpf_sock_ops *ops) {
	u32 key = ops->local_port, value = 10;
	switch (ops->op) {
	case 4:
	case 5:
		((long (*)(void *, void *, void *, u64))70)(ops, &connections, &key, 0);
		break;
	case 7:
		ops->reply = 14600;
		bpf_setsockopt(ops, 6, 13, &value, sizeof(value));
	}
	return 1;
}

SEC("sockops")
int change(struct bpf_sock_ops *ops) {
	ops->family = 10; // want "invalid bpf_context access off=20 size=4"
	return 1;
}
