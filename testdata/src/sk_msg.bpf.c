// Messages that a process sends through a socket in a map.
#include "bpf.h"

LICENSE("GPL");

struct sk_msg_md {
	void *data __attribute__((aligned(8)));
	void *data_end __attribute__((aligned(8)));
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
};

struct {
	__uint(type, MAP_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} peers SEC(".maps");

SEC("sk_msg")
int send(struct sk_msg_md *msg) {
	u8 *data = msg->data;
	if (data + 4 > (u8 *)msg->data_end)
		return 1;
	return data[0] == 'G' ? bpf_msg_redirect_map(msg, &peers, 0, 1) : 1;
}

SEC("sk_msg")
int pulled(struct sk_msg_md *msg) {
	u8 *data = msg->data;
	if (data + 4 > (u8 *)msg->data_end)
		return 1;
	bpf_msg_pull_data(msg, 0, 8, 0);
	return data[1] == 'E'; // want "R6 invalid mem access 'scalar'"
}
