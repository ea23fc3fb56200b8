// Makes a context of cryptography and uses it, as the variables say.
#include "net.h"

LICENSE("GPL");

struct bpf_crypto_ctx {
	int usage;
} CORE;
struct bpf_crypto_params {
	char type[14];
	u8 reserved[2];
	char algo[128];
	u8 key[256];
	u32 key_len, authsize;
};

extern struct bpf_crypto_ctx *bpf_crypto_ctx_create(const struct bpf_crypto_params *params, u32 size, int *err) KSYM;
extern struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *ctx) KSYM;
extern void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx) KSYM;
extern int bpf_crypto_encrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst,
			      const struct bpf_dynptr *vector) KSYM;
extern int bpf_crypto_decrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst,
			      const struct bpf_dynptr *vector) KSYM;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *d) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

struct slot {
	struct bpf_crypto_ctx TYPE_TAG("kptr") * ctx;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} contexts SEC(".maps");

struct bpf_crypto_params params SEC(".data.params");
struct work {
	u32 src_len, dst_len, vector_len, decrypt, packet;
	int error, result;
	u32 pad;
	u8 src[64], dst[64], vector[32];
} work SEC(".data.work");

SEC("syscall")
int create(void *unused) {
	struct bpf_crypto_ctx *ctx, *other;
	u32 key = 0;
	int err = 0;
	struct slot *s = bpf_map_lookup_elem(&contexts, &key);
	if (!s)
		return 1;
	ctx = bpf_crypto_ctx_create(&params, sizeof params, &err);
	work.error = err;
	if (!ctx)
		return 2;
	other = bpf_crypto_ctx_acquire(ctx);
	if (other)
		bpf_crypto_ctx_release(other);
	ctx = bpf_kptr_xchg(&s->ctx, ctx);
	if (ctx)
		bpf_crypto_ctx_release(ctx);
	return 0;
}

SEC("tc")
int use(struct __sk_buff *skb) {
	struct bpf_dynptr src, dst, vector;
	struct bpf_crypto_ctx *ctx;
	u32 key = 0, src_len = work.src_len, dst_len = work.dst_len, vector_len = work.vector_len;
	struct slot *s = bpf_map_lookup_elem(&contexts, &key);
	if (!s || src_len > sizeof work.src || dst_len > sizeof work.dst || vector_len > sizeof work.vector)
		return 1;
	bpf_rcu_read_lock();
	ctx = s->ctx;
	if (!ctx) {
		bpf_rcu_read_unlock();
		return 2;
	}
	if (work.packet)
		bpf_dynptr_from_skb(skb, 0, &src);
	else
		bpf_dynptr_from_mem(work.src, src_len, 0, &src);
	bpf_dynptr_from_mem(work.dst, dst_len, 0, &dst);
	bpf_dynptr_from_mem(work.vector, vector_len, 0, &vector);
	if (work.decrypt)
		work.result = bpf_crypto_decrypt(ctx, &src, &dst, vector_len ? &vector : NULL);
	else
		work.result = bpf_crypto_encrypt(ctx, &src, &dst, vector_len ? &vector : NULL);
	bpf_rcu_read_unlock();
	return 0;
}
