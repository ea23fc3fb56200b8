// Compiled without -g: there are no types and no lines.
#include "net.h"

LICENSE("GPL");

static NOINLINE int big(struct __sk_buff *skb) { return skb->len > 1000; }

SEC("tc")
int accept(struct __sk_buff *skb) {
	return big(skb) ? TC_SHOT : TC_OK;
}

SEC("tc") // want program "R1 invalid mem access 'scalar'"
int reject(struct __sk_buff *skb) {
	int *p = (void *)(long)skb->hash;
	return *p;
}
