/* The few definitions that the sources here share; they need no other header. */
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) val *name
#define __array(name, val) __typeof__(val) *name[]

typedef unsigned char __u8;
typedef unsigned int __u32;
typedef unsigned long long __u64;

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;

struct __sk_buff { __u32 len; };
struct xdp_md { __u32 data; __u32 data_end; };

char _license[] SEC("license") = "GPL";
