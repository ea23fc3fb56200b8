// The kernel looks for locks, lists and trees in structs when it is given the
// types, before any program: a list needs a lock beside it. What is wrong stands
// in no log. Kernels before 6.2 do not look.
#include "objects.h"

LICENSE("GPL");

struct item {
	struct bpf_list_node node;
	u64 number;
};

struct queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
};

struct open_queue {
	struct bpf_list_head items CONTAINS(item, node);
};

struct nameless_queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head items;
};

NOINLINE u64 number(struct item *item) {
	OPAQUE(item);
	return item ? item->number : 0;
}

NOINLINE u64 good(struct queue *queue) {
	OPAQUE(queue);
	return queue != 0;
}

NOINLINE u64 bad(struct open_queue *queue) {
	OPAQUE(queue);
	return queue != 0;
}

NOINLINE u64 nameless(struct nameless_queue *queue) {
	OPAQUE(queue);
	return queue != 0;
}

SEC("tc")
int plain(void *ctx) {
	return number(0) + good(0) ? 2 : 0;
}

SEC("tc")
int list_without_lock(void *ctx) {
	return bad(0) ? 2 : 0;
}

SEC("tc")
int list_of_nothing(void *ctx) {
	return nameless(0) ? 2 : 0;
}
