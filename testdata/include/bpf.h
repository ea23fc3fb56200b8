/* What BPF programs in this folder need of C: integers, sections, maps and the
 * helpers that they call. The numbers are those of Linux's interface. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u16 be16;
typedef u32 be32;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))
#define HIDDEN __attribute__((visibility("hidden")))
#define CORE __attribute__((preserve_access_index))
#define WEAK __attribute__((weak))
#define TAG(t) __attribute__((btf_decl_tag(t)))
#define TYPE_TAG(t) __attribute__((btf_type_tag(t)))
#define KSYM __attribute__((section(".ksyms")))
#define KCONFIG __attribute__((section(".kconfig")))

#define LICENSE(text) char program_license[] SEC("license") = text

/* A value that the compiler knows nothing about any more. */
#define OPAQUE(v) asm volatile("" : "+r"(v))
#define BARRIER() asm volatile("" ::: "memory")

/* Definitions of maps: an anonymous struct whose members' types carry values. */
#define __uint(name, value) int (*name)[value]
#define __type(name, t) typeof(t) *name
#define __array(name, t) typeof(t) *name[]

enum {
	MAP_HASH = 1,
	MAP_ARRAY,
	MAP_PROG_ARRAY,
	MAP_PERF_EVENT_ARRAY,
	MAP_PERCPU_HASH,
	MAP_PERCPU_ARRAY,
	MAP_STACK_TRACE,
	MAP_CGROUP_ARRAY,
	MAP_LRU_HASH,
	MAP_LRU_PERCPU_HASH,
	MAP_LPM_TRIE,
	MAP_ARRAY_OF_MAPS,
	MAP_HASH_OF_MAPS,
	MAP_DEVMAP,
	MAP_SOCKMAP,
	MAP_CPUMAP,
	MAP_XSKMAP,
	MAP_SOCKHASH,
	MAP_CGROUP_STORAGE,
	MAP_REUSEPORT_SOCKARRAY,
	MAP_PERCPU_CGROUP_STORAGE,
	MAP_QUEUE,
	MAP_STACK,
	MAP_SK_STORAGE,
	MAP_DEVMAP_HASH,
	MAP_STRUCT_OPS,
	MAP_RINGBUF,
	MAP_INODE_STORAGE,
	MAP_TASK_STORAGE,
	MAP_BLOOM_FILTER,
	MAP_USER_RINGBUF,
	MAP_CGRP_STORAGE,
	MAP_ARENA,
};

enum { NO_PREALLOC = 1, MMAPABLE = 1 << 10 };

/* A helper is a constant pointer whose value is the helper's number. */
#define HELPER(result, name, number, ...) \
	static result (*const name)(__VA_ARGS__) __attribute__((unused)) = (void *)number


HELPER(void *, bpf_map_lookup_elem, 1, void *map, const void *key);
HELPER(long, bpf_map_update_elem, 2, void *map, const void *key, const void *value, u64 flags);
HELPER(long, bpf_map_delete_elem, 3, void *map, const void *key);
HELPER(long, bpf_probe_read, 4, void *dst, u32 size, const void *src);
HELPER(u64, bpf_ktime_get_ns, 5, void);
HELPER(long, bpf_trace_printk, 6, const char *fmt, u32 size, ...);
HELPER(u32, bpf_get_prandom_u32, 7, void);
HELPER(u32, bpf_get_smp_processor_id, 8, void);
HELPER(long, bpf_skb_store_bytes, 9, void *ctx, u32 off, const void *from, u32 len, u64 flags);
HELPER(long, bpf_l3_csum_replace, 10, void *ctx, u32 off, u64 from, u64 to, u64 flags);
HELPER(long, bpf_tail_call, 12, void *ctx, void *map, u32 index);
HELPER(u64, bpf_get_current_pid_tgid, 14, void);
HELPER(u64, bpf_get_current_uid_gid, 15, void);
HELPER(long, bpf_get_current_comm, 16, void *buf, u32 size);
HELPER(long, bpf_skb_vlan_push, 18, void *ctx, be16 proto, u16 tci);
HELPER(long, bpf_redirect, 23, u32 ifindex, u64 flags);
HELPER(long, bpf_perf_event_output, 25, void *ctx, void *map, u64 flags, void *data, u64 size);
HELPER(long, bpf_skb_load_bytes, 26, const void *ctx, u32 off, void *to, u32 len);
HELPER(long, bpf_get_stackid, 27, void *ctx, void *map, u64 flags);
HELPER(u64, bpf_get_current_task, 35, void);
HELPER(long, bpf_skb_pull_data, 39, void *ctx, u32 len);
HELPER(long, bpf_xdp_adjust_head, 44, void *ctx, int delta);
HELPER(long, bpf_setsockopt, 49, void *ctx, int level, int name, void *value, int len);
HELPER(long, bpf_redirect_map, 51, void *map, u64 key, u64 flags);
HELPER(long, bpf_sk_redirect_map, 52, void *ctx, void *map, u32 key, u64 flags);
HELPER(long, bpf_sock_map_update, 53, void *ctx, void *map, void *key, u64 flags);
HELPER(long, bpf_override_return, 58, void *regs, u64 rc);
HELPER(long, bpf_msg_redirect_map, 60, void *ctx, void *map, u32 key, u64 flags);
HELPER(long, bpf_msg_pull_data, 63, void *ctx, u32 start, u32 end, u64 flags);
HELPER(void *, bpf_sk_lookup_tcp, 84, void *ctx, void *tuple, u32 size, u64 netns, u64 flags);
HELPER(long, bpf_sk_release, 86, void *sock);
HELPER(void *, bpf_get_local_storage, 81, void *map, u64 flags);
HELPER(long, bpf_sk_select_reuseport, 82, void *ctx, void *map, void *key, u64 flags);
HELPER(long, bpf_map_push_elem, 87, void *map, const void *value, u64 flags);
HELPER(long, bpf_map_pop_elem, 88, void *map, void *value);
HELPER(long, bpf_spin_lock, 93, void *lock);
HELPER(long, bpf_spin_unlock, 94, void *lock);
HELPER(void *, bpf_sk_fullsock, 95, void *sock);
HELPER(void *, bpf_tcp_sock, 96, void *sock);
HELPER(long, bpf_sysctl_get_name, 101, void *ctx, char *buf, u64 len, u64 flags);
HELPER(long, bpf_strtol, 105, const char *buf, u64 len, u64 flags, long *result);
HELPER(void *, bpf_sk_storage_get, 107, void *map, void *sk, void *value, u64 flags);
HELPER(long, bpf_probe_read_user, 112, void *dst, u32 size, const void *src);
HELPER(long, bpf_probe_read_kernel, 113, void *dst, u32 size, const void *src);
HELPER(long, bpf_probe_read_user_str, 114, void *dst, u32 size, const void *src);
HELPER(long, bpf_probe_read_kernel_str, 115, void *dst, u32 size, const void *src);
HELPER(u64, bpf_jiffies64, 118, void);
HELPER(long, bpf_sk_assign, 124, void *ctx, void *sk, u64 flags);
HELPER(long, bpf_seq_write, 127, void *seq, const void *data, u32 len);
HELPER(long, bpf_ringbuf_output, 130, void *map, void *data, u64 size, u64 flags);
HELPER(void *, bpf_ringbuf_reserve, 131, void *map, u64 size, u64 flags);
HELPER(void, bpf_ringbuf_submit, 132, void *data, u64 flags);
HELPER(void, bpf_ringbuf_discard, 133, void *data, u64 flags);
HELPER(void *, bpf_inode_storage_get, 145, void *map, void *inode, void *value, u64 flags);
HELPER(long, bpf_copy_from_user, 148, void *dst, u32 size, const void *src);
HELPER(void *, bpf_per_cpu_ptr, 153, const void *ptr, u32 cpu);
HELPER(void *, bpf_this_cpu_ptr, 154, const void *ptr);
HELPER(void *, bpf_task_storage_get, 156, void *map, void *task, void *value, u64 flags);
HELPER(void *, bpf_get_current_task_btf, 158, void);
HELPER(long, bpf_for_each_map_elem, 164, void *map, void *callback, void *ctx, u64 flags);
HELPER(long, bpf_snprintf, 165, char *buf, u32 size, const char *fmt, u64 *data, u32 len);
HELPER(long, bpf_sys_bpf, 166, u32 cmd, void *attr, u32 size);
HELPER(long, bpf_sys_close, 168, u32 fd);
HELPER(long, bpf_timer_init, 169, void *timer, void *map, u64 flags);
HELPER(long, bpf_timer_set_callback, 170, void *timer, void *callback);
HELPER(long, bpf_timer_start, 171, void *timer, u64 nsecs, u64 flags);
HELPER(u64, bpf_get_func_ip, 173, void *ctx);
HELPER(u64, bpf_get_attach_cookie, 174, void *ctx);
HELPER(long, bpf_loop, 181, u32 count, void *callback, void *ctx, u64 flags);
HELPER(long, bpf_strncmp, 182, const char *s1, u32 size, const char *s2);
HELPER(void *, bpf_kptr_xchg, 194, void *slot, void *ptr);
HELPER(long, bpf_dynptr_from_mem, 197, void *data, u32 size, u64 flags, void *ptr);
HELPER(long, bpf_ringbuf_reserve_dynptr, 198, void *map, u32 size, u64 flags, void *ptr);
HELPER(void, bpf_ringbuf_submit_dynptr, 199, void *ptr, u64 flags);
HELPER(long, bpf_dynptr_read, 201, void *dst, u32 len, const void *src, u32 off, u64 flags);
HELPER(void *, bpf_dynptr_data, 203, const void *ptr, u32 off, u32 len);
HELPER(u64, bpf_ktime_get_boot_ns, 125, void);

/* Types that the kernel knows by name. */
struct bpf_spin_lock {
	u32 val;
};
struct bpf_timer {
	u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_dynptr {
	u64 opaque[2];
} __attribute__((aligned(8)));
