// Global functions are verified once, for whatever their types allow; callers
// must supply what the prototype says.
#include "net.h"

LICENSE("GPL");

u32 table[16];

NOINLINE u32 any_number(u32 index) {
	return index < 16 ? table[index] : 0;
}

NOINLINE u32 trusting(u32 index) {
	return table[index]; // want "R2 unbounded memory access, make sure to bounds check any such access"
}

struct pair {
	u64 first, second;
};

NOINLINE u64 checked(struct pair *pair) {
	return pair ? pair->first + pair->second : 0;
}

NOINLINE u64 unchecked(struct pair *pair) {
	return pair->second; // want "R1 invalid mem access 'mem_or_null'"
}

NOINLINE struct pair *returns_pointer(u32 n) {
	return (void *)(u64)n;
}

SEC("tc")
int numbers(struct __sk_buff *skb) {
	return any_number(skb->len) ? TC_SHOT : TC_OK;
}

SEC("tc")
int unsafe_in_itself(struct __sk_buff *skb) {
	return trusting(3) ? TC_SHOT : TC_OK;
}

SEC("tc")
int memory(struct __sk_buff *skb) {
	struct pair pair = {skb->len, skb->mark};
	return checked(&pair) ? TC_SHOT : TC_OK;
}

SEC("tc")
int null_is_memory(struct __sk_buff *skb) {
	return checked(0) ? TC_SHOT : TC_OK;
}

SEC("tc")
int nobody_checks(struct __sk_buff *skb) {
	struct pair pair = {skb->len, skb->mark};
	return unchecked(&pair) ? TC_SHOT : TC_OK;
}

SEC("tc")
int memory_too_small(struct __sk_buff *skb) {
	u64 half = skb->len;
	return checked((struct pair *)&half) ? TC_SHOT : TC_OK; // want "Caller passes invalid args into func#1 ('checked')"
}

SEC("tc")
int pointer_result(struct __sk_buff *skb) {
	return returns_pointer(skb->len) ? TC_SHOT : TC_OK; // want "Caller passes invalid args into func#1 ('returns_pointer')"
}
