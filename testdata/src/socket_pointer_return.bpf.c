// An address as return value: accepted from root only, as it tells user space
// where the kernel's stack is.
#include "net.h"

LICENSE("GPL");

SEC("socket")
int tell(struct __sk_buff *skb) {
	void *volatile p;
	asm volatile("%0 = r10" : "=r"(p));
	return (long)p;
}
