// A global function is verified when a path comes to a call of it: one that the
// configuration turns off does no harm, since Linux 6.8.
#include "net.h"

LICENSE("GPL");

u32 table[4];
const volatile u32 off = 0, on = 1;

NOINLINE WEAK u32 wrong(u32 n) {
	return table[n]; // want "R2 unbounded memory access, make sure to bounds check any such access"
}

NOINLINE WEAK u32 right(u32 n) {
	return table[n & 3];
}

SEC("tc")
int turned_off(struct __sk_buff *skb) {
	return off ? wrong(skb->len) : TC_OK;
}

SEC("tc")
int turned_on(struct __sk_buff *skb) {
	return on ? wrong(skb->len) : TC_OK;
}

SEC("tc")
int weak_and_right(struct __sk_buff *skb) {
	return right(skb->len);
}
