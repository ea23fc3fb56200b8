// Lists and trees of objects that a program makes: they are linked and unlinked
// under the lock beside them, and an object belongs to one owner.
#include "objects.h"

LICENSE("GPL");

extern void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign) KSYM;
extern void bpf_obj_drop_impl(void *kptr, void *meta__ign) KSYM;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off) KSYM;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) KSYM;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
	bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off) KSYM;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) KSYM;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;

struct item {
	struct bpf_list_node node;
	u64 number;
};

struct leaf {
	u64 number;
	struct bpf_rb_node node;
};

#define NEW(type) bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0)
#define OF(type, member, ptr) ((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

/* Made by the program too: the types of a map's value may be another BTF. */
struct owner {
	struct bpf_spin_lock lock;
	struct bpf_list_head list CONTAINS(item, node);
	struct bpf_rb_root tree CONTAINS(leaf, node);
};

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return OF(struct leaf, node, a)->number < OF(struct leaf, node, b)->number;
}

SEC("tc")
int push_and_pop(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	struct bpf_list_node *node = NULL;
	struct item *item = NEW(struct item);
	if (item) {
		item->number = 1;
		bpf_spin_lock(&o->lock);
		bpf_list_push_front_impl(&o->list, &item->node, 0, 0);
		node = bpf_list_pop_front(&o->list);
		bpf_spin_unlock(&o->lock);
	}
	if (node)
		bpf_obj_drop_impl(OF(struct item, node, node), 0);
	bpf_obj_drop_impl(o, 0);
	return 0;
}

SEC("tc")
int push_without_lock(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	struct item *item = NEW(struct item);
	if (item)
		bpf_list_push_front_impl(&o->list, &item->node, 0, 0); // want "bpf_spin_lock at off=0 must be held for bpf_list_head"
	bpf_obj_drop_impl(o, 0);
	return 0;
}

SEC("tc")
int write_after_push(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&o->lock);
		bpf_list_push_front_impl(&o->list, &item->node, 0, 0);
		bpf_spin_unlock(&o->lock);
		item->number = 2; // want "R7 invalid mem access 'scalar'"
	}
	bpf_obj_drop_impl(o, 0);
	return 0;
}

SEC("tc")
int popped_and_lost(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	bpf_spin_lock(&o->lock);
	bpf_list_pop_front(&o->list);
	bpf_spin_unlock(&o->lock);
	bpf_obj_drop_impl(o, 0);
	return 0;
} // want "BPF_EXIT instruction in main prog would lead to reference leak"

SEC("tc")
int add_and_remove(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	struct bpf_rb_node *node = NULL;
	struct leaf *leaf = NEW(struct leaf);
	if (leaf) {
		leaf->number = 3;
		bpf_spin_lock(&o->lock);
		bpf_rbtree_add_impl(&o->tree, &leaf->node, less, 0, 0);
		node = bpf_rbtree_first(&o->tree);
		if (node)
			node = bpf_rbtree_remove(&o->tree, node);
		bpf_spin_unlock(&o->lock);
	}
	if (node)
		bpf_obj_drop_impl(OF(struct leaf, node, node), 0);
	bpf_obj_drop_impl(o, 0);
	return 0;
}

SEC("tc")
int lock_of_another(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	struct owner *other = NEW(struct owner);
	if (other) {
		bpf_spin_lock(&other->lock);
		bpf_rbtree_first(&o->tree); // want "bpf_spin_lock at off=0 must be held for bpf_rb_root"
		bpf_spin_unlock(&other->lock);
		bpf_obj_drop_impl(other, 0);
	}
	bpf_obj_drop_impl(o, 0);
	return 0;
}

SEC("tc")
int still_locked(void *ctx) {
	struct owner *o = NEW(struct owner);
	if (!o)
		return 0;
	bpf_spin_lock(&o->lock);
	bpf_obj_drop_impl(o, 0); // want "function calls are not allowed while holding a lock"
	return 0;
}
