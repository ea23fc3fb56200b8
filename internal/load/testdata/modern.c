/* Everything that BTF describes: maps, global data, functions, symbols of the
 * kernel, its configuration, CO-RE. */
#include "defs.h"

struct {
	__uint(type, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 16);
} counts SEC(".maps");

struct inner {
	__uint(type, 2);
	__uint(key_size, 4);
	__uint(value_size, 8);
	__uint(max_entries, 2);
} in SEC(".maps");

struct {
	__uint(type, 12);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { (void *)0, &in } };

int next(struct __sk_buff *skb);

struct {
	__uint(type, 3);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [3] = (void *)&next } };

struct {
	__uint(type, 27);
	__uint(max_entries, 5000);
} events SEC(".maps");

const volatile __u32 limit = 7;
__u64 seen = 3;
__u64 zeroed;

struct task_struct { int pid; } __attribute__((preserve_access_index));
struct no_such_struct { int member; } __attribute__((preserve_access_index));
struct rq { int cpu; };

extern const struct rq runqueues __attribute__((section(".ksyms")));
extern const void no_type __attribute__((section(".ksyms")));
extern const struct rq missing_var __attribute__((section(".ksyms"), weak));
extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void missing_kfunc(void) __attribute__((section(".ksyms"), weak));
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern int CONFIG_HZ __attribute__((section(".kconfig")));
extern int CONFIG_MISSING __attribute__((section(".kconfig"), weak));

static __attribute__((noinline)) __u64 twice(__u64 n)
{
	seen += n;
	return 2 * n;
}

__attribute__((noinline)) int global(__u32 n)
{
	return twice(n) + limit;
}

static __attribute__((noinline)) int core(struct task_struct *task)
{
	return task->pid;
}

SEC("tc")
int next(struct __sk_buff *skb)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	zeroed++;
	bpf_map_lookup_elem(&outer, &key);
	bpf_map_lookup_elem(&events, &key);
	bpf_tail_call(skb, &jumps, 3);
	return value ? global(*value) : 0;
}

SEC("tp_btf/sched_switch")
int externs(__u64 *ctx)
{
	__u64 sum = (long)&runqueues + (long)&no_type + (long)&missing_var;

	bpf_rcu_read_lock();
	if (missing_kfunc)
		missing_kfunc();
	return sum + CONFIG_HZ + CONFIG_MISSING + LINUX_KERNEL_VERSION;
}

SEC("fentry/do_exit")
int relocated(__u64 *ctx)
{
	struct no_such_struct *none = (void *)ctx[1];

	return core((void *)ctx[0]) + none->member;
}
