/* Objects in lists and trees, what holds them, and the functions that do so. */
#pragma once
#include "objects.h"

extern void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign) KSYM;
extern void bpf_obj_drop_impl(void *kptr, void *meta__ign) KSYM;
extern void *bpf_refcount_acquire_impl(void *kptr, void *meta__ign) KSYM;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off) KSYM;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) KSYM;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
	bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off) KSYM;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) KSYM;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;
extern void bpf_throw(u64 cookie) KSYM;

#define NEW(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0))
#define DROP(ptr) bpf_obj_drop_impl(ptr, 0)
#define ACQUIRE(ptr) ((typeof(ptr))bpf_refcount_acquire_impl(ptr, 0))
#define PUSH(head, node) bpf_list_push_front_impl((void *)(head), (void *)(node), 0, 0)
#define ADD(root, node, less) bpf_rbtree_add_impl(root, node, less, 0, 0)
#define OF(type, member, ptr) ((type *)((char *)(ptr) - __builtin_offsetof(type, member)))

struct item {
	struct bpf_list_node node;
	u64 number;
};

struct leaf {
	u64 number;
	struct bpf_rb_node node;
};

/* Can have two owners. */
struct both {
	struct bpf_refcount refs;
	struct bpf_list_node list;
	struct bpf_rb_node tree;
	u64 number;
};
