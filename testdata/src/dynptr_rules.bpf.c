// Dynptrs on the stack: how they are made, overwritten, cloned and given back,
// and what becomes of their slices.
#include "net.h"

LICENSE("GPL");

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) KSYM;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 offset, void *buffer, u32 size) KSYM;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, u32 offset, void *buffer, u32 size) KSYM;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *ptr, u32 start, u32 end) KSYM;
extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) KSYM;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) KSYM;

HELPER(long, dynptr_write, 202, void *dst, u32 off, void *src, u32 len, u64 flags);
HELPER(void, discard_dynptr, 200, void *ptr, u64 flags);

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[4]);
} values SEC(".maps");

SEC("tc")
int slices(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	if (bpf_dynptr_from_skb(skb, 0, &p))
		return TC_OK;
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	return s ? s[3] : bpf_dynptr_size(&p);
}

SEC("tc")
int slice_too_short(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	if (bpf_dynptr_from_skb(skb, 0, &p))
		return TC_OK;
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	return s ? s[4] : 0; // want "R0 min value is outside of the allowed memory range"
}

SEC("tc")
int slice_is_read_only(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (s)
		*s = 1; // want "R0 cannot write into rdonly_mem"
	return TC_OK;
}

SEC("tc")
int slice_written(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice_rdwr(&p, 0, buffer, sizeof(buffer));
	if (s)
		*s = 1;
	return TC_OK;
}

SEC("tc")
int slice_after_write(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!s)
		return TC_OK;
	dynptr_write(&p, 0, buffer, 1, 0);
	return *s; // want program "R7 invalid mem access 'scalar'"
}

SEC("tc")
int slice_after_pull(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!s)
		return TC_OK;
	bpf_skb_pull_data(skb, 4);
	return *s; // want program "R8 invalid mem access 'scalar'"
}

// A plain slice goes with its dynptr, one of a packet does not.
SEC("tc")
int slice_after_overwriting(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!s)
		return TC_OK;
	bpf_dynptr_from_skb(skb, 0, &p);
	return *s;
}

SEC("tc")
int data_after_overwriting(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u32 key = 0;
	u64 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return TC_OK;
	bpf_dynptr_from_mem(v, 32, 0, &p);
	u64 *d = bpf_dynptr_data(&p, 0, 8);
	if (!d)
		return TC_OK;
	bpf_dynptr_from_mem(v, 16, 0, &p);
	return *d; // want program "R8 invalid mem access 'scalar'"
}

SEC("tc")
int record(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	u64 *d = bpf_dynptr_data(&p, 0, 8);
	if (d)
		*d = skb->len;
	bpf_ringbuf_submit_dynptr(&p, 0);
	return TC_OK;
}

SEC("tc")
int record_lost(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	return TC_OK; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int record_after_submit(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	u64 *d = bpf_dynptr_data(&p, 0, 8);
	if (!d) {
		discard_dynptr(&p, 0);
		return TC_OK;
	}
	bpf_ringbuf_submit_dynptr(&p, 0);
	return *d; // want program "R7 invalid mem access 'scalar'"
}

SEC("tc")
int record_overwritten(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	p.opaque[0] = skb->len; // want program "cannot overwrite referenced dynptr"
	BARRIER();
	bpf_ringbuf_submit_dynptr(&p, 0);
	return TC_OK;
}

SEC("tc")
int record_cloned(struct __sk_buff *skb) {
	struct bpf_dynptr p, q;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	bpf_dynptr_clone(&p, &q);
	bpf_ringbuf_submit_dynptr(&q, 0);
	return TC_OK;
}

SEC("tc")
int clone_after_submit(struct __sk_buff *skb) {
	struct bpf_dynptr p, q;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	bpf_dynptr_clone(&p, &q);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return bpf_dynptr_size(&q); // want "Expected an initialized dynptr as arg #0"
}

SEC("tc")
int submitted_twice(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	discard_dynptr(&p, 0); // want "arg 1 is an unacquired reference"
	return TC_OK;
}

SEC("tc")
int not_made(struct __sk_buff *skb) {
	struct bpf_dynptr p = {};
	return bpf_dynptr_size(&p); // want "Expected an initialized dynptr as arg #0"
}

SEC("tc")
int second_half(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_dynptr_from_skb(skb, 0, &p);
	return bpf_dynptr_size((void *)&p.opaque[1]); // want "Expected an initialized dynptr as arg #0"
}

SEC("tc")
int read_itself(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_dynptr_from_skb(skb, 0, &p);
	return *(volatile u64 *)&p; // want program "invalid read from stack off -16+0 size 8"
}

SEC("tc")
int fills_itself(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_dynptr_from_skb(skb, 0, &p);
	bpf_dynptr_read(&p, 8, &p, 0, 0); // want program "potential write to dynptr at off=-16 disallowed"
	return TC_OK;
}

static NOINLINE u32 size_of(struct bpf_dynptr *p) { return bpf_dynptr_size(p); }

SEC("tc")
int passed_on(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	bpf_dynptr_from_skb(skb, 0, &p);
	return size_of(&p);
}

SEC("cgroup_skb/ingress")
int reader_must_not_write(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[4] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u8 *s = bpf_dynptr_slice_rdwr(&p, 0, buffer, sizeof(buffer)); // want "the prog does not allow writes to packet data"
	return s ? 1 : 0;
}

SEC("tc")
int size_not_known(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	u8 buffer[16] = {};
	bpf_dynptr_from_skb(skb, 0, &p);
	u32 n = skb->len & 7;
	u8 *s = bpf_dynptr_slice(&p, 0, buffer, n); // want "R4 must be a known constant"
	return s ? 1 : 0;
}

SEC("tc")
int on_one_path(struct __sk_buff *skb) {
	struct bpf_dynptr p;
	if (skb->mark)
		bpf_dynptr_from_skb(skb, 0, &p);
	return bpf_dynptr_size(&p); // want program "Expected an initialized dynptr as arg #0"
}
