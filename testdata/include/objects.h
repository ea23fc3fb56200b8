/* Members of structs that the kernel knows by name, and how to make them. */
#pragma once
#include "bpf.h"

struct bpf_list_head {
	u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
	u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
	u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
	u64 opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
	u32 opaque[1];
} __attribute__((aligned(4)));
struct bpf_wq {
	u64 opaque[2];
} __attribute__((aligned(8)));

/* What a list or a tree holds, and the member that links it. */
#define CONTAINS(type, node) TAG("contains:" #type ":" #node)
