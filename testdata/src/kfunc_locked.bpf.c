// What may be called with a spin lock held.
#include "net.h"

LICENSE("GPL");

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

struct value {
	struct bpf_spin_lock lock;
	u32 n;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern int bpf_stream_vprintk_impl(int stream, const char *format, const void *args, u32 size, void *aux) KSYM WEAK;

static const char hello[] = "hello %d\n";

INLINE struct value *value(void) {
	u32 key = 0;
	return bpf_map_lookup_elem(&values, &key);
}

SEC("tc")
int iterates(struct __sk_buff *skb) {
	struct value *v = value();
	struct bpf_iter_num it;
	if (!v)
		return TC_OK;
	bpf_spin_lock(&v->lock);
	bpf_iter_num_new(&it, 0, 4);
	while (bpf_iter_num_next(&it))
		v->n++;
	bpf_iter_num_destroy(&it);
	bpf_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int enters_rcu(struct __sk_buff *skb) {
	struct value *v = value();
	if (!v)
		return TC_OK;
	bpf_spin_lock(&v->lock);
	bpf_rcu_read_lock(); // want "function calls are not allowed while holding a lock"
	bpf_rcu_read_unlock();
	bpf_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int prints(struct __sk_buff *skb) {
	u64 args[1] = {1};
	bpf_stream_vprintk_impl(1, hello, args, sizeof(args), NULL);
	return TC_OK;
}

SEC("tc")
int prints_too_much(struct __sk_buff *skb) {
	u64 args[1] = {1};
	bpf_stream_vprintk_impl(1, hello, args, 4096, NULL); // want program "arg#2 arg#3 memory, len pair leads to invalid memory access"
	return TC_OK;
}

SEC("tc")
int prints_locked(struct __sk_buff *skb) {
	struct value *v = value();
	u64 args[1] = {1};
	if (!v)
		return TC_OK;
	bpf_spin_lock(&v->lock);
	bpf_stream_vprintk_impl(1, hello, args, sizeof(args), NULL); // want "function calls are not allowed while holding a lock"
	bpf_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int prints_no_constant(struct __sk_buff *skb) {
	u64 args[1] = {1};
	char format[8] = "hi\n";
	bpf_stream_vprintk_impl(1, format, args, sizeof(args), NULL); // want program "arg#1 doesn't point to a const string"
	return TC_OK;
}

SEC("kprobe/do_nanosleep")
int not_for_this_type(u64 *ctx) {
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 4);
	bpf_iter_num_destroy(&it);
	return 0;
}
