// What the function may do that compares nodes of a tree: it is called with the
// lock held, and is not to change the tree.
#include "graphs.h"

LICENSE("GPL");


/* A tree in a map's value, which functions can reach. */
struct forest {
	struct bpf_spin_lock lock;
	struct bpf_rb_root leaves CONTAINS(leaf, node);
	struct leaf *type;
};

struct forest forest SEC(".data.forest");

struct grove {
	struct bpf_spin_lock lock;
	struct bpf_rb_root leaves CONTAINS(leaf, node);
};

INLINE u64 number(const struct bpf_rb_node *node) { return OF(struct leaf, node, node)->number; }

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return number(a) < number(b); }

static bool writes(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	OF(struct leaf, node, a)->number++;
	return number(a) < number(b);
}

/* The result is no truth value. */
static u64 wide(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return number(a); } // want program "At callback return the register R0 has unknown scalar value should have been in [0, 1]"

static bool calls_helper(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return number(a) < bpf_get_prandom_u32(); // want "function calls are not allowed while holding a lock"
}

static bool drops(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	DROP(OF(struct leaf, node, a)); // want "function calls are not allowed while holding a lock"
	return true;
}

static bool throws(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	if (number(a) == number(b))
		bpf_throw(0); // want "function calls are not allowed while holding a lock"
	return true;
}

static bool removes(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	bpf_rbtree_remove(&forest.leaves, a); // want "bpf_rbtree_remove not allowed in rbtree cb"
	return true;
}

static bool looks(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	struct bpf_rb_node *first = bpf_rbtree_first(&forest.leaves);
	return first && number(first) < number(b);
}

static bool unlocks(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	bpf_spin_unlock(&forest.lock); // want "can't spin_{lock,unlock} in rbtree cb"
	return true;
}

static NOINLINE u64 unlock_for(u64 n) {
	bpf_spin_unlock(&forest.lock);
	return n;
}

static bool lets_unlock(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return unlock_for(number(a)) < 7; }

static bool adds(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	ADD(&forest.leaves, a, less); // want "arg#1 expected pointer to allocated object"
	return true;
}

static NOINLINE u64 pick(u64 n) { return n > 7 ? 7 : n; }

static bool calls_function(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return pick(number(a)) < pick(number(b)); }

static bool loops(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	u64 n = 0;
	for (int i = 0; i < 10; i++)
		n += number(a);
	return n < number(b);
}

#define TREE_PROGRAM(name, less)                       \
	SEC("tc")                                          \
	int name(void *ctx) {                              \
		struct grove *grove = NEW(struct grove);       \
		if (!grove)                                      \
			return 0;                                  \
		struct leaf *leaf = NEW(struct leaf);          \
		if (leaf) {                                    \
			leaf->number = 1;                          \
			bpf_spin_lock(&grove->lock);                 \
			ADD(&grove->leaves, &leaf->node, less);      \
			leaf->number = 2;                          \
			bpf_spin_unlock(&grove->lock);               \
		}                                              \
		DROP(grove);                                     \
		return 0;                                      \
	}

/* A leaf that was in the tree of the section is put into it again. */
#define FOREST_PROGRAM(name, less)                                     \
	SEC("tc")                                                          \
	int name(void *ctx) {                                              \
		struct bpf_rb_node *node;                                      \
		bpf_spin_lock(&forest.lock);                                   \
		node = bpf_rbtree_first(&forest.leaves);                       \
		if (node && (node = bpf_rbtree_remove(&forest.leaves, node)))  \
			ADD(&forest.leaves, node, less);                           \
		bpf_spin_unlock(&forest.lock);                                 \
		return 0;                                                      \
	}

TREE_PROGRAM(plain, less)
TREE_PROGRAM(writing, writes)
TREE_PROGRAM(wide_result, (void *)wide)
TREE_PROGRAM(calling_helper, calls_helper)
TREE_PROGRAM(dropping, drops)
TREE_PROGRAM(throwing, throws)
TREE_PROGRAM(calling_function, calls_function)
TREE_PROGRAM(looping, loops)
FOREST_PROGRAM(looking, looks)
FOREST_PROGRAM(removing, removes)
FOREST_PROGRAM(unlocking, unlocks)
FOREST_PROGRAM(letting_unlock, lets_unlock) // want program "bpf_spin_lock at off=0 must be held for bpf_rb_root"
FOREST_PROGRAM(adding, adds)
