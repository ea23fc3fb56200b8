// Who owns an object: what is put into a list or tree is the owner's, and can be
// used only while the lock is held; a counter of references lets it have several
// owners.
#include "graphs.h"

LICENSE("GPL");

/* Has two members that could link it. */
struct twice {
	struct bpf_list_node first;
	struct bpf_list_node second;
	u64 number;
};

/* Owns objects and is owned itself. */
struct crate {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
	struct bpf_list_node node;
};

struct box {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
	struct bpf_list_head boths CONTAINS(both, list);
	struct bpf_list_head twices CONTAINS(twice, first);
	struct bpf_rb_root leaves CONTAINS(leaf, node);
	struct bpf_rb_root tree CONTAINS(both, tree);
	struct bpf_list_head crates CONTAINS(crate, node);
};

/* The pointer leads to the type of what is in the list: a map is created with
 * those types that its values lead to. */
struct shelf {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
	struct item *type;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct shelf);
} shelves SEC(".maps");

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return OF(struct leaf, node, a)->number < OF(struct leaf, node, b)->number;
}

static bool both_less(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return OF(struct both, tree, a)->number < OF(struct both, tree, b)->number;
}

SEC("tc")
int read_while_locked(void *ctx) {
	u64 n = 0;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->items, &item->node);
		item->number = 7;
		n = item->number;
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return n;
}

SEC("tc")
int push_twice(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->items, &item->node);
		PUSH(&box->items, &item->node); // want program "arg#1 expected pointer to allocated object"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int push_what_may_be_null(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	bpf_spin_lock(&box->lock);
	PUSH(&box->items, &item->node); // want program "arg#1 expected pointer to allocated object"
	bpf_spin_unlock(&box->lock);
	DROP(box);
	return 0;
}

SEC("tc")
int push_into_list_of_others(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->boths, &item->node); // want program "operation on bpf_list_head expects arg#1 bpf_list_node at offset=8 in struct both, but arg is at offset=0 in struct item"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int push_by_other_member(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct twice *twice = NEW(struct twice);
	if (twice) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->twices, &twice->second); // want program "arg#1 offset=24, but expected bpf_list_node at offset=0 in struct twice"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int push_no_node(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->items, &item->number); // want program "bpf_list_node not found at offset=24"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int push_into_no_list(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->leaves, &item->node); // want program "bpf_list_head not found at offset=56"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int push_somewhere(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		u64 off = bpf_get_prandom_u32() & 7;
		bpf_spin_lock(&box->lock);
		PUSH((char *)&box->items + off, &item->node); // want program "variable ptr_ access var_off=(0x0; 0x7) disallowed"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int pushed_is_dropped(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->items, &item->node);
		DROP(item); // want program "function calls are not allowed while holding a lock"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int popped_is_dropped_by_its_node(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	struct bpf_rb_node *node = bpf_rbtree_first(&box->leaves);
	if (node)
		node = bpf_rbtree_remove(&box->leaves, node);
	bpf_spin_unlock(&box->lock);
	if (node)
		DROP(node); // want program "R1 must have zero offset when passed to release func or trusted arg to kfunc"
	DROP(box);
	return 0;
}

SEC("tc")
int first_may_be_null(void *ctx) {
	u64 n = 0;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	n = OF(struct leaf, node, bpf_rbtree_first(&box->leaves))->number; // want program "R0 invalid mem access 'ptr_or_null_'"
	bpf_spin_unlock(&box->lock);
	DROP(box);
	return n;
}

SEC("tc")
int first_after_unlock(void *ctx) {
	u64 n = 0;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	struct bpf_rb_node *node = bpf_rbtree_first(&box->leaves);
	bpf_spin_unlock(&box->lock);
	if (node)
		n = OF(struct leaf, node, node)->number; // want program "R8 invalid mem access 'scalar'"
	DROP(box);
	return n;
}

SEC("tc")
int node_is_written(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	struct bpf_rb_node *node = bpf_rbtree_first(&box->leaves);
	if (node)
		node->opaque[0] = 1; // want program "direct access to bpf_rb_node is disallowed"
	bpf_spin_unlock(&box->lock);
	DROP(box);
	return 0;
}

SEC("tc")
int remove_what_is_owned(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct leaf *leaf = NEW(struct leaf);
	if (leaf) {
		bpf_spin_lock(&box->lock);
		struct bpf_rb_node *node = bpf_rbtree_remove(&box->leaves, &leaf->node);
		bpf_spin_unlock(&box->lock);
		if (node)
			DROP(OF(struct leaf, node, node));
		DROP(leaf);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int remove_what_was_removed(void *ctx) {
	struct bpf_rb_node *one = NULL, *two = NULL;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	struct bpf_rb_node *node = bpf_rbtree_first(&box->leaves);
	if (node) {
		one = bpf_rbtree_remove(&box->leaves, node);
		two = bpf_rbtree_remove(&box->leaves, node);
	}
	bpf_spin_unlock(&box->lock);
	if (one)
		DROP(OF(struct leaf, node, one));
	if (two)
		DROP(OF(struct leaf, node, two));
	DROP(box);
	return 0;
}

SEC("tc")
int in_list_and_tree(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct both *one = NEW(struct both);
	if (one) {
		struct both *two = ACQUIRE(one);
		bpf_spin_lock(&box->lock);
		PUSH(&box->boths, &one->list);
		ADD(&box->tree, &two->tree, both_less);
		two->number = 1;
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int not_another_owner(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct both *one = NEW(struct both);
	if (one) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->boths, &one->list);
		ADD(&box->tree, &one->tree, both_less); // want program "arg#1 expected pointer to allocated object"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int owns_again(void *ctx) {
	struct both *two = NULL;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct both *one = NEW(struct both);
	if (one) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->boths, &one->list);
		two = ACQUIRE(one);
		bpf_spin_unlock(&box->lock);
	}
	if (two)
		DROP(two);
	DROP(box);
	return 0;
}

SEC("tc")
int owns_again_unless_null(void *ctx) {
	struct both *two = NULL;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct both *one = NEW(struct both);
	if (one) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->boths, &one->list);
		two = ACQUIRE(one);
		bpf_spin_unlock(&box->lock);
		two->number = 1; // want program "R7 invalid mem access 'ptr_or_null_'"
		DROP(two);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int acquired_by_its_node(void *ctx) {
	struct both *both = NULL;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	struct bpf_rb_node *node = bpf_rbtree_first(&box->tree);
	if (node)
		both = (void *)ACQUIRE(node);
	bpf_spin_unlock(&box->lock);
	if (both)
		DROP(both);
	DROP(box);
	return 0;
} // want 7.2 program "dereference of modified rcu_ptr_ ptr R1 off=32 disallowed"

SEC("tc")
int uncounted_is_acquired(void *ctx) {
	struct item *item = NEW(struct item);
	if (item) {
		ACQUIRE(item); // want program "arg#0 doesn't point to a type with bpf_refcount field"
		DROP(item);
	}
	return 0;
}

SEC("tc")
int list_of_lists(void *ctx) {
	struct bpf_list_node *node = NULL;
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct crate *crate = NEW(struct crate);
	if (crate) {
		struct item *item = NEW(struct item);
		if (item) {
			bpf_spin_lock(&crate->lock);
			PUSH(&crate->items, &item->node);
			bpf_spin_unlock(&crate->lock);
		}
		bpf_spin_lock(&box->lock);
		PUSH(&box->crates, &crate->node);
		node = bpf_list_pop_front(&box->crates);
		bpf_spin_unlock(&box->lock);
	}
	if (node) {
		crate = OF(struct crate, node, node);
		bpf_spin_lock(&crate->lock);
		struct bpf_list_node *inner = bpf_list_pop_front(&crate->items);
		bpf_spin_unlock(&crate->lock);
		if (inner)
			DROP(OF(struct item, node, inner));
		DROP(crate);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int inner_list_of_pushed(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	struct crate *crate = NEW(struct crate);
	if (crate) {
		bpf_spin_lock(&box->lock);
		PUSH(&box->crates, &crate->node);
		bpf_list_pop_front(&crate->items); // want program "arg#0 expected pointer to map value or allocated object"
		bpf_spin_unlock(&box->lock);
	}
	DROP(box);
	return 0;
}

SEC("tc")
int shelf_of_a_map(void *ctx) {
	u32 key = 0;
	struct shelf *shelf = bpf_map_lookup_elem(&shelves, &key);
	if (!shelf)
		return 0;
	bpf_spin_lock(&shelf->lock);
	struct bpf_list_node *node = bpf_list_pop_front(&shelf->items);
	if (node)
		PUSH(&shelf->items, node);
	bpf_spin_unlock(&shelf->lock);
	return 0;
}

SEC("tc")
int taken_from_shelf(void *ctx) {
	u32 key = 0;
	struct shelf *shelf = bpf_map_lookup_elem(&shelves, &key);
	if (!shelf)
		return 0;
	bpf_spin_lock(&shelf->lock);
	struct bpf_list_node *node = bpf_list_pop_front(&shelf->items);
	bpf_spin_unlock(&shelf->lock);
	if (node) {
		OF(struct item, node, node)->number++;
		DROP(node);
	}
	return 0;
}

/* The map's types are not the program's. */
SEC("tc")
int put_on_shelf(void *ctx) {
	u32 key = 0;
	struct shelf *shelf = bpf_map_lookup_elem(&shelves, &key);
	if (!shelf)
		return 0;
	struct item *item = NEW(struct item);
	if (item) {
		bpf_spin_lock(&shelf->lock);
		PUSH(&shelf->items, &item->node); // want program "operation on bpf_list_head expects arg#1 bpf_list_node at offset=0 in struct item, but arg is at offset=0 in struct item"
		bpf_spin_unlock(&shelf->lock);
	}
	return 0;
}

SEC("tc")
int lock_of_another_element(void *ctx) {
	u32 key = 0;
	struct shelf *shelf = bpf_map_lookup_elem(&shelves, &key);
	struct shelf *other = bpf_map_lookup_elem(&shelves, &key);
	if (!shelf || !other)
		return 0;
	bpf_spin_lock(&shelf->lock);
	bpf_list_pop_front(&other->items); // want program "bpf_spin_lock at off=0 must be held for bpf_list_head"
	bpf_spin_unlock(&shelf->lock);
	return 0;
}

SEC("tc")
int throw_while_locked(void *ctx) {
	struct box *box = NEW(struct box);
	if (!box)
		return 0;
	bpf_spin_lock(&box->lock);
	if (!bpf_rbtree_first(&box->leaves))
		bpf_throw(0); // want program "function calls are not allowed while holding a lock"
	bpf_spin_unlock(&box->lock);
	DROP(box);
	return 0;
}

SEC("tc")
int throw_owning(void *ctx) {
	struct item *item = NEW(struct item);
	if (!item)
		return 0;
	if (bpf_get_prandom_u32())
		bpf_throw(0); // want program "BPF_EXIT instruction in main prog would lead to reference leak"
	DROP(item);
	return 0;
}
