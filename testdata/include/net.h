/* Packets and the contexts of programs that see them. */
#pragma once
#include "bpf.h"

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum { TC_OK = 0, TC_SHOT = 2 };
enum { ETH_IP = 0x0800, ETH_IP6 = 0x86dd, IP_TCP = 6, IP_UDP = 17 };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define net16(v) ((be16)__builtin_bswap16(v))
#define net32(v) ((be32)__builtin_bswap32(v))
#else
#define net16(v) ((be16)(v))
#define net32(v) ((be32)(v))
#endif

struct ethernet {
	u8 dst[6], src[6];
	be16 proto;
} __attribute__((packed));

struct ipv4 {
	u8 version_len, tos;
	be16 len, id, frag;
	u8 ttl, proto;
	be16 check;
	be32 src, dst;
};

struct tcp {
	be16 src, dst;
	be32 seq, ack;
	be16 flags, window, check, urgent;
};

struct udp {
	be16 src, dst, len, check;
};

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct bpf_sock;
struct bpf_flow_keys;

struct __sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
	u32 priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid;
	u32 data, data_end, napi_id;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 data_meta;
	union {
		struct bpf_flow_keys *flow_keys;
		u64 flow_keys_slot;
	} __attribute__((aligned(8)));
	u64 tstamp;
	u32 wire_len, gso_segs;
	union {
		struct bpf_sock *sk;
		u64 sk_slot;
	} __attribute__((aligned(8)));
	u32 gso_size;
};

struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority;
	u32 src_ip4, src_ip6[4], src_port;
	be16 dst_port;
	u16 : 16;
	u32 dst_ip4, dst_ip6[4], state;
	s32 rx_queue_mapping;
};

/* The addresses that bpf_sk_lookup_tcp looks for. */
struct tuple4 {
	be32 src, dst;
	be16 src_port, dst_port;
};

INLINE void *start(const struct xdp_md *ctx) { return (void *)(long)ctx->data; }
INLINE void *end(const struct xdp_md *ctx) { return (void *)(long)ctx->data_end; }
INLINE void *skb_start(const struct __sk_buff *skb) { return (void *)(long)skb->data; }
INLINE void *skb_end(const struct __sk_buff *skb) { return (void *)(long)skb->data_end; }
