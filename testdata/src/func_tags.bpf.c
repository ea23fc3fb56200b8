// Arguments of functions that are verified alone, qualified by tags. Kernels
// before 6.8 know none.
#include "net.h"

LICENSE("GPL");

/* Values that the compiler does not carry into the functions that get them. */
INLINE void *null(void) {
	void *p = NULL;
	OPAQUE(p);
	return p;
}

INLINE u32 number(u32 n) {
	OPAQUE(n);
	return n;
}

#define ARG_CTX TAG("arg:ctx")
#define ARG_NONNULL TAG("arg:nonnull")
#define ARG_NULLABLE TAG("arg:nullable")
#define ARG_TRUSTED TAG("arg:trusted")
#define ARG_UNTRUSTED TAG("arg:untrusted")
#define ARG_ARENA TAG("arg:arena")

struct point {
	u64 x, y;
};

struct task_struct {
	int pid;
} CORE;

NOINLINE int context(void *ctx ARG_CTX) { return ((struct __sk_buff *)ctx)->len; }

NOINLINE int not_null(struct point *p ARG_NONNULL) { return p->x + p->y; }

NOINLINE int nullable_memory(struct point *p ARG_NULLABLE) { return p ? p->x : 0; }

NOINLINE int tagged_number(u32 n ARG_NONNULL) { return n / 2; }

NOINLINE int unknown_tag(struct point *p TAG("arg:mystery")) { return p ? p->x : 0; }

NOINLINE int wrong_context(struct point *p ARG_CTX) {
	BARRIER();
	return p != 0;
}

NOINLINE int two_tags(void *ctx ARG_CTX ARG_NONNULL) {
	BARRIER();
	return ctx != 0;
}

NOINLINE int reads_anywhere(u64 *p ARG_UNTRUSTED) { return p[100]; }

NOINLINE int writes_anywhere(u64 *p ARG_UNTRUSTED) {
	p[1] = 7; // want "R1 cannot write into rdonly_untrusted_mem"
	return 0;
}

NOINLINE int pid_of(struct task_struct *t ARG_TRUSTED) { return t->pid; }

NOINLINE int pid_or_zero(struct task_struct *t ARG_TRUSTED ARG_NULLABLE) { return t ? t->pid : 0; }

NOINLINE int pid_unchecked(struct task_struct *t ARG_TRUSTED ARG_NULLABLE) {
	return t->pid; // want "R1 invalid mem access 'trusted_ptr_or_null_'"
}

NOINLINE int pid_of_anything(struct task_struct *t ARG_UNTRUSTED) { return t->pid; }

static NOINLINE int tagged_static(struct point *p ARG_NONNULL) {
	BARRIER();
	return p->x;
}

SEC("tc")
int passes_context(struct __sk_buff *skb) { return context(skb); }

SEC("tc")
int passes_point(struct __sk_buff *skb) {
	struct point p = {skb->len, 1};
	return not_null(&p);
}

SEC("tc")
int passes_null_number(struct __sk_buff *skb) { return not_null(null()); }

SEC("tc")
int nullable_is_for_objects(struct __sk_buff *skb) {
	return nullable_memory(null()); // want "Caller passes invalid args into func#1 ('nullable_memory')"
}

SEC("tc")
int number_has_tag(struct __sk_buff *skb) {
	return tagged_number(number(1)); // want "Caller passes invalid args into func#1 ('tagged_number')"
}

SEC("tc")
int tag_is_unknown(struct __sk_buff *skb) {
	return unknown_tag(null()); // want "Caller passes invalid args into func#1 ('unknown_tag')"
}

SEC("tc")
int context_is_wrong(struct __sk_buff *skb) {
	return wrong_context((void *)skb); // want "Caller passes invalid args into func#1 ('wrong_context')"
}

SEC("tc")
int tags_are_two(struct __sk_buff *skb) {
	return two_tags(skb); // want "Caller passes invalid args into func#1 ('two_tags')"
}

SEC("tc")
int untrusted_read(struct __sk_buff *skb) { return reads_anywhere((void *)(long)skb->len); }

SEC("tc")
int untrusted_write(struct __sk_buff *skb) { return writes_anywhere(null()); }

SEC("tc")
int static_has_tag(struct __sk_buff *skb) {
	struct point p = {skb->len, 1};
	return tagged_static(&p);
}

SEC("tp_btf/task_newtask")
int trusted(u64 *ctx) { return pid_of((void *)ctx[0]); }

SEC("tp_btf/task_newtask")
int trusted_null(u64 *ctx) { return pid_or_zero(null()); }

SEC("tp_btf/task_newtask")
int trusted_not_checked(u64 *ctx) { return pid_unchecked((void *)ctx[0]); }

SEC("tp_btf/task_newtask")
int trusted_number(u64 *ctx) {
	return pid_of((void *)ctx[1]); // want "Caller passes invalid args into func#1 ('pid_of')"
}

SEC("tp_btf/task_newtask")
int untrusted_object(u64 *ctx) { return pid_of_anything((void *)ctx[1]); }
