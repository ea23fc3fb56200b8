// Lists and trees are looked at without taking anything out of them, since Linux
// 6.16.
#include "graphs.h"

LICENSE("GPL");

extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) KSYM;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) KSYM;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) KSYM;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;

struct yard {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
	struct bpf_rb_root leaves CONTAINS(leaf, node);
	struct bpf_rb_root boths CONTAINS(both, tree);
};

/* Without this the compiler does not describe all types. */
#define MAKE(type)              \
	do {                        \
		type *p = NEW(type);    \
		if (p)                  \
			DROP(p);            \
	} while (0)

SEC("tc")
int make_and_drop(void *ctx) {
	MAKE(struct item);
	MAKE(struct leaf);
	MAKE(struct both);
	return 0;
}

INLINE u64 number(struct bpf_rb_node *node) { return OF(struct leaf, node, node)->number; }

/* What happens to a yard with its lock held, and afterwards. */
#define YARD_PROGRAM(name, locked, unlocked)   \
	SEC("tc")                                  \
	int name(void *ctx) {                      \
		u64 n = 0;                             \
		struct bpf_list_node *node = NULL;     \
		struct bpf_rb_node *leaf = NULL;       \
		struct yard *yard = NEW(struct yard);  \
		if (!yard)                             \
			return 0;                          \
		bpf_spin_lock(&yard->lock);            \
		locked;                                \
		bpf_spin_unlock(&yard->lock);          \
		unlocked;                              \
		(void)node, (void)leaf;                \
		DROP(yard);                            \
		return n & 1;                          \
	}

YARD_PROGRAM(front, {
	node = bpf_list_front(&yard->items);
	if (node)
		n = OF(struct item, node, node)->number;
}, )

YARD_PROGRAM(back_may_be_null, {
	n = OF(struct item, node, bpf_list_back(&yard->items))->number;
}, ) // want program "R0 invalid mem access 'ptr_or_null_'"

YARD_PROGRAM(front_is_pushed, {
	node = bpf_list_front(&yard->items);
	if (node)
		PUSH(&yard->items, node);
}, ) // want program "arg#1 expected pointer to allocated object"

YARD_PROGRAM(front_is_kept, {
	node = bpf_list_front(&yard->items);
}, {
	if (node)
		n = OF(struct item, node, node)->number;
}) // want program "R8 invalid mem access 'scalar'"

YARD_PROGRAM(walk, {
	leaf = bpf_rbtree_root(&yard->leaves);
	for (int i = 0; leaf && i < 8; i++)
		leaf = number(leaf) < 7 ? bpf_rbtree_left(&yard->leaves, leaf) : bpf_rbtree_right(&yard->leaves, leaf);
	if (leaf)
		n = number(leaf);
}, )

YARD_PROGRAM(remove_from_below, {
	leaf = bpf_rbtree_root(&yard->leaves);
	if (leaf)
		leaf = bpf_rbtree_right(&yard->leaves, leaf);
	if (leaf)
		leaf = bpf_rbtree_remove(&yard->leaves, leaf);
}, {
	if (leaf)
		DROP(OF(struct leaf, node, leaf));
})

YARD_PROGRAM(below_may_be_null, {
	leaf = bpf_rbtree_root(&yard->leaves);
	if (leaf)
		n = number(bpf_rbtree_left(&yard->leaves, leaf));
}, ) // want program "R0 invalid mem access 'ptr_or_null_'"

YARD_PROGRAM(below_null, {
	leaf = bpf_rbtree_left(&yard->leaves, bpf_rbtree_root(&yard->leaves));
}, ) // want program "dereference of modified ptr_or_null_ ptr R2 off=8 disallowed"

YARD_PROGRAM(below_of_another_tree, {
	leaf = bpf_rbtree_root(&yard->leaves);
	if (leaf)
		leaf = bpf_rbtree_left(&yard->boths, leaf);
}, ) // want program "operation on bpf_rb_root expects arg#1 bpf_rb_node at offset=32 in struct both, but arg is at offset=8 in struct leaf"

YARD_PROGRAM(below_the_tree, {
	leaf = bpf_rbtree_left(&yard->leaves, (void *)&yard->leaves);
}, ) // want program "bpf_rb_node not found at offset=24"

YARD_PROGRAM(acquired_in_tree, {
	leaf = bpf_rbtree_root(&yard->boths);
	if (leaf)
		leaf = (void *)ACQUIRE(OF(struct both, tree, leaf));
}, {
	if (leaf)
		DROP(leaf);
})

YARD_PROGRAM(acquired_by_its_node, {
	leaf = bpf_rbtree_root(&yard->boths);
	if (leaf)
		leaf = (void *)ACQUIRE(leaf);
}, {
	if (leaf)
		DROP(leaf);
})

SEC("tc")
int root_without_lock(void *ctx) {
	struct yard *yard = NEW(struct yard);
	if (!yard)
		return 0;
	bpf_rbtree_root(&yard->leaves); // want "bpf_spin_lock at off=0 must be held for bpf_rb_root"
	DROP(yard);
	return 0;
}
