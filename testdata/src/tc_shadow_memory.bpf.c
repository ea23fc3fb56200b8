// A spilled pointer keeps its type on the stack; a half overwritten one is data.
#include "net.h"

LICENSE("GPL");

SEC("tc")
int keep(struct __sk_buff *skb) {
	void *volatile slot = skb;
	return ((struct __sk_buff *)slot)->len;
}

SEC("tc")
int spoil(struct __sk_buff *skb) {
	void *volatile slot = skb;
	*(volatile u8 *)&slot = 0;
	return ((struct __sk_buff *)slot)->len; // want "R1 invalid mem access 'scalar'"
}

SEC("tc")
int beyond(struct __sk_buff *skb) {
	volatile u8 buffer[8] = {};
	u32 at = skb->len & 15;
	OPAQUE(at);
	buffer[at & 15] = 1; // want "invalid variable-offset write to stack R2"
	return buffer[3];
}
