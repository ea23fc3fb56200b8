// Programs whose result depends on what kernel functions do with the bytes of
// the packet.
#include "net.h"

LICENSE("GPL");

#define FOLD(x) (result = result * 31 + (u32)(x))
#define OFFSET(type, member) __builtin_offsetof(type, member)
#define CONTAINER(ptr, type, member) ((type *)((void *)(ptr) - OFFSET(type, member)))
#define CONTAINS(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))

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

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

struct bpf_iter_bits {
	u64 opaque[2];
} __attribute__((aligned(8)));

extern void *bpf_obj_new_impl(u64 type, void *meta) KSYM;
extern void bpf_obj_drop_impl(void *object, void *meta) KSYM;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) KSYM;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, u64 off) KSYM;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, u64 off) KSYM;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) KSYM;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) KSYM;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, u64 off) KSYM;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) KSYM;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) KSYM;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) KSYM;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) KSYM;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 off, void *buffer, u32 size) KSYM;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, u32 off, void *buffer, u32 size) KSYM;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *ptr, u32 start, u32 end) KSYM;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *ptr) KSYM;
extern bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *ptr) KSYM;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) KSYM;
extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) KSYM;
extern int bpf_dynptr_copy(struct bpf_dynptr *dst, u32 dst_off, struct bpf_dynptr *src, u32 src_off, u32 size) KSYM;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int first, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *words, u32 count) KSYM;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) KSYM;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) KSYM;
extern int bpf_strcmp(const char *a, const char *b) KSYM;
extern int bpf_strchr(const char *s, char c) KSYM;
extern int bpf_strchrnul(const char *s, char c) KSYM;
extern int bpf_strnchr(const char *s, u64 count, char c) KSYM;
extern int bpf_strrchr(const char *s, int c) KSYM;
extern int bpf_strlen(const char *s) KSYM;
extern int bpf_strnlen(const char *s, u64 count) KSYM;
extern int bpf_strspn(const char *s, const char *set) KSYM;
extern int bpf_strcspn(const char *s, const char *set) KSYM;
extern int bpf_strstr(const char *s, const char *part) KSYM;
extern int bpf_strnstr(const char *s, const char *part, u64 len) KSYM;

HELPER(long, dynptr_from_mem, 197, void *data, u32 size, u64 flags, struct bpf_dynptr *ptr);
HELPER(long, dynptr_read, 201, void *dst, u32 len, const struct bpf_dynptr *src, u32 off, u64 flags);
HELPER(long, dynptr_write, 202, const struct bpf_dynptr *dst, u32 off, void *src, u32 len, u64 flags);
HELPER(void *, dynptr_data, 203, const struct bpf_dynptr *ptr, u32 off, u32 len);
HELPER(void *, kptr_xchg, 194, void *at, void *ptr);
HELPER(void, lock, 93, struct bpf_spin_lock *lock);
HELPER(void, unlock, 94, struct bpf_spin_lock *lock);

struct item {
	u32 value;
	struct bpf_list_node list;
	struct bpf_refcount refs;
};

struct leaf {
	u32 value;
	struct bpf_rb_node tree;
};

#define NEW(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))
#define DROP(object) bpf_obj_drop_impl(object, NULL)

#define PRIVATE(name) SEC(".data." #name) HIDDEN __attribute__((aligned(8)))
PRIVATE(A) struct bpf_spin_lock guard;
PRIVATE(A) struct bpf_list_head head CONTAINS(item, list);
PRIVATE(B) struct bpf_spin_lock treeGuard;
PRIVATE(B) struct bpf_rb_root root CONTAINS(leaf, tree);

u8 bytes[64];
char text[64], part[8];

INLINE void load(struct __sk_buff *skb) {
	for (int i = 0; i < 64; i++)
		bytes[i] = 0;
	if (bpf_skb_load_bytes(skb, 0, bytes, 32) == 0)
		bytes[63] = 1;
}

SEC("tc")
int lists(struct __sk_buff *skb) {
	u32 result = 0;
	load(skb);
	for (int i = 0; i < 24; i++) {
		struct item *item = NEW(struct item);
		if (!item)
			return -1;
		item->value = bytes[i];
		lock(&guard);
		if (bytes[i] & 1)
			FOLD(bpf_list_push_front_impl(&head, &item->list, NULL, 0));
		else
			FOLD(bpf_list_push_back_impl(&head, &item->list, NULL, 0));
		unlock(&guard);
	}
	for (int i = 0; i < 30; i++) {
		struct bpf_list_node *node;
		lock(&guard);
		if (bytes[i] & 2)
			node = bpf_list_pop_front(&head);
		else
			node = bpf_list_pop_back(&head);
		unlock(&guard);
		if (!node) {
			FOLD(i);
			continue;
		}
		struct item *item = CONTAINER(node, struct item, list);
		FOLD(item->value);
		DROP(item);
	}
	return result;
}

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) {
	return CONTAINER(a, struct leaf, tree)->value < CONTAINER(b, struct leaf, tree)->value;
}

INLINE u32 value(struct bpf_rb_node *node) { return node ? CONTAINER(node, struct leaf, tree)->value : 1000; }

INLINE u32 shape(void) {
	u32 result = 0;
	struct bpf_rb_node *top = bpf_rbtree_root(&root), *l, *r;
	FOLD(value(top));
	if (!top)
		return result;
	l = bpf_rbtree_left(&root, top);
	FOLD(value(l));
	r = bpf_rbtree_right(&root, top);
	FOLD(value(r));
	if (l)
		FOLD(value(bpf_rbtree_right(&root, l)));
	if (r)
		FOLD(value(bpf_rbtree_left(&root, r)));
	return result;
}

SEC("tc")
int trees(struct __sk_buff *skb) {
	struct bpf_rb_node *node;
	u32 result = 0;
	load(skb);
	for (int i = 0; i < 20; i++) {
		struct leaf *item = NEW(struct leaf);
		if (!item)
			return -1;
		item->value = bytes[i] ^ (i & 3);
		lock(&treeGuard);
		FOLD(bpf_rbtree_add_impl(&root, &item->tree, less, NULL, 0));
		FOLD(shape());
		unlock(&treeGuard);
	}
	for (int i = 0; i < 24; i++) {
		lock(&treeGuard);
		node = bytes[i] & 1 ? bpf_rbtree_first(&root) : bpf_rbtree_root(&root);
		if (!node) {
			unlock(&treeGuard);
			FOLD(i);
			continue;
		}
		node = bpf_rbtree_remove(&root, node);
		FOLD(shape());
		unlock(&treeGuard);
		if (!node)
			return -2;
		struct leaf *item = CONTAINER(node, struct leaf, tree);
		FOLD(item->value);
		DROP(item);
	}
	return result;
}

SEC("tc")
int shared(struct __sk_buff *skb) {
	struct bpf_list_node *node;
	struct item *item = NEW(struct item), *other;
	u32 result = 0;
	if (!item)
		return -1;
	item->value = skb->len;
	other = bpf_refcount_acquire_impl(item, NULL);
	lock(&guard);
	FOLD(bpf_list_push_back_impl(&head, &item->list, NULL, 0));
	unlock(&guard);
	FOLD(other->value++);
	lock(&guard);
	FOLD(bpf_list_push_front_impl(&head, &other->list, NULL, 0));
	node = bpf_list_pop_front(&head);
	unlock(&guard);
	if (!node)
		return -2;
	item = CONTAINER(node, struct item, list);
	FOLD(item->value);
	DROP(item);
	lock(&guard);
	node = bpf_list_pop_front(&head);
	unlock(&guard);
	if (node) {
		FOLD(77);
		DROP(CONTAINER(node, struct item, list));
	}
	return result;
}

struct plain {
	u32 value;
};

struct slot {
	struct plain TYPE_TAG("kptr") * item;
	u64 count;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

SEC("tc")
int pointers(struct __sk_buff *skb) {
	u32 key = 1, result = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &key);
	struct slot none = {.count = 5};
	struct plain *item = NEW(struct plain);
	if (!item)
		return -1;
	if (!slot) {
		DROP(item);
		return -2;
	}
	item->value = skb->len;
	item = kptr_xchg(&slot->item, item);
	FOLD(item != NULL);
	if (item)
		DROP(item);
	FOLD(bpf_map_update_elem(&slots, &key, &none, 0));
	FOLD(slot->count);
	item = kptr_xchg(&slot->item, NULL);
	if (item) {
		FOLD(item->value);
		DROP(item);
	}
	return result;
}

SEC("tc")
int dynptrs(struct __sk_buff *skb) {
	struct bpf_dynptr packet, clone, local;
	u8 buf[16] = {}, *p;
	u32 result = 0;
	load(skb);
	FOLD(bpf_dynptr_from_skb(skb, 0, &packet));
	FOLD(bpf_dynptr_size(&packet));
	FOLD(bpf_dynptr_is_rdonly(&packet));
	FOLD(dynptr_read(buf, 16, &packet, 8, 0));
	FOLD(dynptr_read(buf, 16, &packet, 40, 0));
	FOLD(buf[3]);
	FOLD(dynptr_write(&packet, 3, bytes, 4, 0));
	FOLD(dynptr_write(&packet, 3, bytes, 4, 2));
	FOLD(dynptr_write(&packet, 3, bytes, 4, 8));
	FOLD(bpf_dynptr_clone(&packet, &clone));
	FOLD(bpf_dynptr_adjust(&clone, 4, 20));
	FOLD(bpf_dynptr_adjust(&clone, 4, 20));
	FOLD(bpf_dynptr_adjust(&clone, 8, 4));
	FOLD(bpf_dynptr_size(&clone));
	p = bpf_dynptr_slice(&clone, 2, buf, sizeof buf);
	FOLD(p ? p[1] : 99);
	p = bpf_dynptr_slice(&clone, 0, buf, 16);
	FOLD(p ? p[1] : 99);
	p = bpf_dynptr_slice_rdwr(&packet, 5, NULL, 4);
	if (p)
		p[0] = 0xee;
	FOLD(dynptr_from_mem(bytes, 33, 0, &local));
	FOLD(dynptr_write(&local, 30, buf, 3, 0));
	FOLD(dynptr_write(&local, 31, buf, 3, 0));
	FOLD(dynptr_write(&local, 1, buf, 3, 1));
	FOLD(bpf_dynptr_is_null(&local));
	p = dynptr_data(&local, 30, 3);
	FOLD(p ? p[1] : 99);
	p = dynptr_data(&local, 31, 3);
	FOLD(p ? p[1] : 99);
	p = dynptr_data(&packet, 0, 3);
	FOLD(p ? p[1] : 99);
	FOLD(bpf_dynptr_copy(&local, 3, &packet, 2, 9));
	FOLD(bpf_dynptr_copy(&packet, 3, &local, 20, 9));
	FOLD(bpf_dynptr_copy(&local, 30, &packet, 2, 9));
	for (int i = 0; i < 34; i++)
		FOLD(bytes[i]);
	FOLD(dynptr_from_mem(bytes, 33, 1, &packet));
	FOLD(dynptr_read(buf, 4, &packet, 0, 0));
	FOLD(bpf_dynptr_size(&packet));
	FOLD(bpf_dynptr_is_null(&packet));
	return result;
}

SEC("tc")
int iterators(struct __sk_buff *skb) {
	struct bpf_iter_num numbers;
	struct bpf_iter_bits bits;
	u32 result = 0;
	int *i;
	load(skb);
	for (int n = 0; n < 4; n++) {
		FOLD(bpf_iter_num_new(&numbers, (int)bytes[n] - 6, n * 5));
		while ((i = bpf_iter_num_next(&numbers)))
			FOLD(*i);
		bpf_iter_num_destroy(&numbers);
	}
	FOLD(bpf_iter_num_new(&numbers, -(1 << 30), 1 << 30));
	FOLD(bpf_iter_num_next(&numbers) != NULL);
	bpf_iter_num_destroy(&numbers);
	for (int n = 0; n < 6; n++) {
		FOLD(bpf_iter_bits_new(&bits, (u64 *)bytes, n));
		while ((i = bpf_iter_bits_next(&bits)))
			FOLD(*i);
		bpf_iter_bits_destroy(&bits);
	}
	FOLD(bpf_iter_bits_new(&bits, (u64 *)bytes, 512));
	bpf_iter_bits_destroy(&bits);
	return result;
}

SEC("tc")
int texts(struct __sk_buff *skb) {
	u32 result = 0;
	load(skb);
	for (int i = 0; i < 24; i++)
		text[i] = 'a' + (bytes[i] & 3);
	text[20] = 0;
	text[30] = (char)0xf0;
	for (int i = 0; i < 6; i++) {
		char c = 'a' + i;
		part[0] = 'a' + (bytes[i] & 3);
		part[1] = i < 4 ? 'b' : 0;
		FOLD(bpf_strcmp(text, part));
		FOLD(bpf_strcmp(part, text + i));
		FOLD(bpf_strcmp(text + 30, part));
		FOLD(bpf_strchr(text, c));
		FOLD(bpf_strchrnul(text, c));
		FOLD(bpf_strnchr(text, i * 3, c));
		FOLD(bpf_strrchr(text, c));
		FOLD(bpf_strlen(text + i));
		FOLD(bpf_strnlen(text, 4 * i));
		FOLD(bpf_strspn(text, part));
		FOLD(bpf_strcspn(text, part));
		FOLD(bpf_strstr(text, part));
		FOLD(bpf_strnstr(text, part, 2 * i));
	}
	FOLD(bpf_strcmp(NULL, text));
	FOLD(bpf_strlen((char *)16));
	FOLD(bpf_strlen((char *)0xffff800000000000));
	FOLD(bpf_strstr(text, ""));
	FOLD(bpf_strchr(text, 0));
	FOLD(bpf_strrchr(text, 0));
	return result;
}
