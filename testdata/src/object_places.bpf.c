// Objects are put into a list at any place, and taken out of it, since Linux 7.2,
// whose functions need no pointer to the object's description either.
#include "graphs.h"

LICENSE("GPL");

extern void *bpf_obj_new(u64 local_type_id__k) KSYM;
extern void bpf_obj_drop(void *kptr) KSYM;
extern void *bpf_refcount_acquire(void *kptr) KSYM;
extern int bpf_list_push_back(struct bpf_list_head *head, struct bpf_list_node *node) KSYM;
extern int bpf_list_add(struct bpf_list_head *head, struct bpf_list_node *new, struct bpf_list_node *prev) KSYM;
extern struct bpf_list_node *bpf_list_del(struct bpf_list_head *head, struct bpf_list_node *node) KSYM;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) KSYM;
extern bool bpf_list_is_first(struct bpf_list_head *head, struct bpf_list_node *node) KSYM;
extern bool bpf_list_empty(struct bpf_list_head *head) KSYM;
extern int bpf_rbtree_add(struct bpf_rb_root *root, struct bpf_rb_node *node,
	bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *)) KSYM;

struct yard {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
	struct bpf_list_head boths CONTAINS(both, list);
	struct bpf_rb_root tree CONTAINS(both, tree);
};

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return OF(struct both, tree, a)->number < OF(struct both, tree, b)->number;
}

#define MAKE(type) ((type *)bpf_obj_new(__builtin_btf_type_id(*(type *)0, 0)))

/* What happens to a yard and an item with the lock held, and afterwards. */
#define YARD_PROGRAM(name, locked, unlocked)   \
	SEC("tc")                                  \
	int name(void *ctx) {                      \
		u64 n = 0;                             \
		struct bpf_list_node *node = NULL;     \
		struct item *item;                     \
		struct yard *yard = MAKE(struct yard); \
		if (!yard)                             \
			return 0;                          \
		item = MAKE(struct item);              \
		if (!item) {                           \
			bpf_obj_drop(yard);                \
			return 0;                          \
		}                                      \
		bpf_spin_lock(&yard->lock);            \
		locked;                                \
		bpf_spin_unlock(&yard->lock);          \
		unlocked;                              \
		(void)node;                            \
		bpf_obj_drop(yard);                    \
		return n & 1;                          \
	}

YARD_PROGRAM(behind_front, {
	node = bpf_list_front(&yard->items);
	if (node)
		bpf_list_add(&yard->items, &item->node, node);
	else
		bpf_list_push_back(&yard->items, &item->node);
}, )

YARD_PROGRAM(behind_null, {
	bpf_list_add(&yard->items, &item->node, bpf_list_front(&yard->items));
}, ) // want 7.2 program "Possibly NULL pointer passed to trusted R3"

YARD_PROGRAM(behind_itself, {
	bpf_list_add(&yard->items, &item->node, &item->node);
}, )

YARD_PROGRAM(linked_behind_front, {
	bpf_list_push_back(&yard->items, &item->node);
	node = bpf_list_front(&yard->items);
	if (node)
		bpf_list_add(&yard->items, node, &item->node);
}, ) // want 7.2 program "R2 expected pointer to allocated object"

YARD_PROGRAM(taken_out, {
	bpf_list_push_back(&yard->items, &item->node);
	node = bpf_list_del(&yard->items, &item->node);
}, {
	if (node)
		bpf_obj_drop(node);
})

YARD_PROGRAM(taken_out_and_lost, {
	bpf_list_push_back(&yard->items, &item->node);
	bpf_list_del(&yard->items, &item->node);
}, ) // want 7.2 program "BPF_EXIT instruction in main prog would lead to reference leak"

YARD_PROGRAM(owned_taken_out, {
	node = bpf_list_del(&yard->items, &item->node);
}, {
	if (node)
		bpf_obj_drop(node);
	bpf_obj_drop(item);
})

YARD_PROGRAM(first_of_others, {
	n = bpf_list_is_first(&yard->boths, &item->node);
}, bpf_obj_drop(item)) // want 7.2 program "operation on bpf_list_head expects arg#1 bpf_list_node at offset=8 in struct both, but arg is at offset=0 in struct item"

YARD_PROGRAM(questions, {
	n = bpf_list_empty(&yard->items);
	bpf_list_push_back(&yard->items, &item->node);
	n += bpf_list_is_first(&yard->items, &item->node);
}, )

SEC("tc")
int empty_without_lock(void *ctx) {
	struct yard *yard = MAKE(struct yard);
	if (!yard)
		return 0;
	int n = bpf_list_empty(&yard->items); // want 7.2 "bpf_spin_lock at off=0 must be held for bpf_list_head"
	bpf_obj_drop(yard);
	return n;
}

SEC("tc")
int in_list_and_tree(void *ctx) {
	struct yard *yard = MAKE(struct yard);
	if (!yard)
		return 0;
	struct both *one = MAKE(struct both);
	if (one) {
		struct both *two = bpf_refcount_acquire(one);
		bpf_spin_lock(&yard->lock);
		bpf_list_push_back(&yard->boths, &one->list);
		bpf_rbtree_add(&yard->tree, &two->tree, less);
		bpf_spin_unlock(&yard->lock);
	}
	bpf_obj_drop(yard);
	return 0;
}
