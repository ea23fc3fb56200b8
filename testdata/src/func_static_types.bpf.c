// Calls of static functions are compared with their types as well. What does not
// fit is no error; what does counts as written by the call.
#include "net.h"

LICENSE("GPL");

struct pair {
	u64 first, second;
};

u64 table[4];

static NOINLINE u64 take(struct pair *p) {
	OPAQUE(p);
	return table[p->first];
}

SEC("tc")
int known_before(struct __sk_buff *skb) {
	struct pair p = {2, 3};
	OPAQUE(p.first);
	p.first = 2;
	return take(&p);
}

static NOINLINE u64 peek(u64 *p) {
	OPAQUE(p);
	return p[0];
}

SEC("tc")
int known_after(struct __sk_buff *skb) {
	u64 words[2] = {2, 3};
	u64 *p = words;
	OPAQUE(p);
	u64 n = peek(p);
	return table[words[0]] + n;
}

static NOINLINE u64 opaque(void *p) {
	OPAQUE(p);
	return *(u64 *)p;
}

SEC("tc")
int untyped(struct __sk_buff *skb) {
	struct pair p = {2, 3};
	return table[opaque(&p)];
}

static NOINLINE u64 too_long(struct pair *p) {
	OPAQUE(p);
	return table[p->first];
}

SEC("tc")
int does_not_fit(struct __sk_buff *skb) {
	u64 half = 2;
	void *p = &half;
	OPAQUE(p);
	return too_long(p);
}
