// A function that nobody calls is not verified, and a weak one may be replaced
// by another object, so a caller knows no more of it than the prototype says.
#include "net.h"

LICENSE("GPL");

int forty_two = 42;

WEAK NOINLINE int small(int n) {
	return n & 7;
}

u32 table[8];

SEC("tc")
int uses_small(struct __sk_buff *skb) {
	u32 n = small(skb->len);
	return n < 8 && table[n] ? TC_SHOT : TC_OK;
}

SEC("tc")
int believes_small(struct __sk_buff *skb) {
	return table[small(skb->len)] ? TC_SHOT : TC_OK; // want "math between map_value pointer and register with unbounded min value is not allowed"
}

static NOINLINE int tiny(int n) {
	return n & 7;
}

SEC("tc")
int sees_tiny(struct __sk_buff *skb) {
	return table[tiny(skb->len)] ? TC_SHOT : TC_OK;
}
