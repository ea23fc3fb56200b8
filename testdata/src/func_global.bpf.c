// Functions that are verified alone: what their arguments may be, and what their
// callers must pass. Only what is called is verified, since Linux 6.8.
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

struct point {
	u64 x, y;
};

struct opaque;

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct point);
} points SEC(".maps");

#define PACKET_AND(...) struct __sk_buff *skb, ##__VA_ARGS__

NOINLINE int half(u32 n) { return n / 2; }

NOINLINE int length(struct __sk_buff *skb) { return skb->len + half(skb->mark); }

NOINLINE int sum(struct point *p) {
	if (!p)
		return 0;
	p->x += p->y;
	return p->x;
}

NOINLINE int sum_unchecked(struct point *p) {
	p->y = 1;
	return p->x; // want program "R1 invalid mem access 'mem_or_null'"
}

NOINLINE int any_index(u32 i) {
	u64 table[4] = {};
	OPAQUE(i);
	return *(volatile u64 *)&table[i]; // want "invalid unbounded variable-offset read from stack R2"
}

NOINLINE int known_index(u32 i) {
	u64 table[4] = {};
	OPAQUE(i);
	return *(volatile u64 *)&table[i & 3];
}

NOINLINE int sized_array(u32 (*words)[4]) { return words ? (*words)[3] : 0; }

NOINLINE int unknown_size(void *p) { return p != 0; }

NOINLINE int forward(struct opaque *p) { return p != 0; }

NOINLINE int pair(struct point p) {
	BARRIER();
	return p.x + p.y;
}

NOINLINE void *returns_pointer(struct __sk_buff *skb) {
	OPAQUE(skb);
	return skb;
}

NOINLINE void returns_nothing(struct __sk_buff *skb) { skb->mark = 7; }

NOINLINE int never_called(struct point *p) { return p->x; }

SEC("tc")
int calls(struct __sk_buff *skb) { return length(skb) > 1500 ? TC_SHOT : TC_OK; }

SEC("tc")
int passes_stack(struct __sk_buff *skb) {
	struct point p = {.x = skb->len, .y = 2};
	return sum(&p) > 100;
}

SEC("tc")
int passes_map_value(struct __sk_buff *skb) {
	u32 key = 1;
	return sum(bpf_map_lookup_elem(&points, &key));
}

SEC("tc")
int passes_null(struct __sk_buff *skb) { return sum(null()); }

SEC("tc")
int passes_packet(struct __sk_buff *skb) {
	struct point *p = skb_start(skb);
	if ((void *)(p + 1) > skb_end(skb))
		return TC_OK;
	return sum(p);
}

SEC("tc")
int passes_short_packet(struct __sk_buff *skb) {
	struct point *p = skb_start(skb);
	if ((void *)p + 8 > skb_end(skb))
		return TC_OK;
	return sum(p); // want "Caller passes invalid args into func#1 ('sum')"
}

SEC("tc")
int passes_half_of_it(struct __sk_buff *skb) {
	u64 x = skb->len;
	return sum((void *)&x); // want "Caller passes invalid args into func#1 ('sum')"
}

SEC("tc")
int passes_number(struct __sk_buff *skb) {
	u64 n = skb->len;
	OPAQUE(n);
	return sum((void *)n); // want "Caller passes invalid args into func#1 ('sum')"
}

SEC("tc")
int passes_pointer_as_number(struct __sk_buff *skb) {
	return half((long)skb); // want "Caller passes invalid args into func#1 ('half')"
}

SEC("tc")
int passes_stack_as_context(struct __sk_buff *skb) {
	u64 x = 0;
	return length((void *)&x); // want "Caller passes invalid args into func#1 ('length')"
}

SEC("tc")
int reads_unchecked(struct __sk_buff *skb) {
	struct point p = {};
	return sum_unchecked(&p);
}

SEC("tc")
int index_in_bounds(struct __sk_buff *skb) { return any_index(number(2)); }

SEC("tc")
int index_checked(struct __sk_buff *skb) { return known_index(skb->len); }

SEC("tc")
int passes_array(struct __sk_buff *skb) {
	u32 words[4] = {1, 2, 3, skb->len};
	return sized_array(&words);
}

SEC("tc")
int takes_void(struct __sk_buff *skb) {
	return unknown_size(skb); // want "Caller passes invalid args into func#1 ('unknown_size')"
}

SEC("tc")
int takes_forward(struct __sk_buff *skb) {
	return forward(null()); // want "Caller passes invalid args into func#1 ('forward')"
}

SEC("tc")
int takes_struct(struct __sk_buff *skb) {
	struct point p = {skb->len, skb->mark};
	return pair(p); // want "Caller passes invalid args into func#1 ('pair')"
}

SEC("tc")
int gets_pointer(struct __sk_buff *skb) {
	return returns_pointer(skb) != 0; // want "Caller passes invalid args into func#1 ('returns_pointer')"
}

SEC("tc")
int gets_nothing(struct __sk_buff *skb) {
	returns_nothing(skb); // want "Caller passes invalid args into func#1 ('returns_nothing')"
	return TC_OK;
}
