// Objects of the kernel as text. Types are those of all kernels.
#include "note.h"

HELPER(long, bpf_snprintf_btf, 149, char *buf, u32 size, void *ptr, u32 ptr_size, u64 flags);
HELPER(long, bpf_btf_find_by_name_kind, 167, const char *name, int size, u32 kind, int flags);

char text[2048] SEC(".data.text");
u8 raw[4096];
u32 length;

struct btf_ptr {
	void *ptr;
	u32 type, flags;
};

enum { INT = 1, STRUCT = 4, ENUM = 6, TYPEDEF = 8 };
enum { COMPACT = 1, NO_NAME = 2, RAW = 4, ZERO = 8 };

// The text of several follows one another.
INLINE void show(const char *name, int size, u32 kind, u64 flags) {
	static struct btf_ptr p;
	long n, id = bpf_btf_find_by_name_kind(name, size, kind, 0);
	p.ptr = raw;
	p.type = id;
	p.flags = 0;
	n = bpf_snprintf_btf(text + (length & 1023), 1024, &p, sizeof(p), flags);
	note(length ? 1 : 0, n);
	length += n;
}

#define SHOW(name, kind, flags)                                                                    \
	({                                                                                         \
		static const char n[] = name;                                                      \
		show(n, sizeof(n), kind, flags);                                                   \
	})

#define PROGRAM(name, type, kind, flags, init)                                                     \
	SEC("syscall") int name(void *ctx) {                                                       \
		init;                                                                              \
		SHOW(type, kind, flags);                                                           \
		return 0;                                                                          \
	}

INLINE void count(u32 n) {
	for (u32 i = 0; i < n; i++)
		raw[i] = i + 1;
}

PROGRAM(number, "int", INT, 0, raw[0] = 5)
PROGRAM(negative, "short int", INT, COMPACT, raw[0] = raw[1] = 255)
PROGRAM(wide, "__int128", INT, 0, count(16))
PROGRAM(typedefs, "pid_t", TYPEDEF, 0, raw[0] = 7)
PROGRAM(enumerator, "bpf_map_type", ENUM, 0, raw[0] = 2)
PROGRAM(no_enumerator, "bpf_map_type", ENUM, 0, raw[0] = 255)
PROGRAM(bits, "iphdr", STRUCT, 0, count(4))
PROGRAM(short_form, "iphdr", STRUCT, COMPACT, count(4))
PROGRAM(no_names, "iphdr", STRUCT, NO_NAME | COMPACT, count(4))
PROGRAM(zeros, "iphdr", STRUCT, ZERO, raw[0] = 0x45)
PROGRAM(nothing, "iphdr", STRUCT, 0, )
PROGRAM(arrays, "in6_addr", STRUCT, 0, count(2))
PROGRAM(array_zeros, "in6_addr", STRUCT, ZERO, count(2))
PROGRAM(empty_array, "ethhdr", STRUCT, ZERO, )
PROGRAM(characters, "sockaddr", STRUCT, 0, raw[2] = 'A'; raw[3] = 'B'; raw[5] = 'C')
PROGRAM(bytes_from_zero, "guid_t", TYPEDEF, 0, raw[1] = 7)
PROGRAM(structs_in_array, "skb_shared_info", STRUCT, RAW, raw[48] = 1; raw[56] = 2; raw[64] = 3)
PROGRAM(structs_without_names, "skb_shared_info", STRUCT, RAW | NO_NAME, raw[48] = 1; raw[56] = 2; raw[64] = 3)
PROGRAM(pointers, "file_system_type", STRUCT, RAW, count(96))
PROGRAM(two_stars, "hlist_node", STRUCT, RAW, count(16))
PROGRAM(function, "k_sigaction", STRUCT, RAW, count(32))
PROGRAM(nested, "siginfo", STRUCT, RAW, count(24))
PROGRAM(bad_flags, "int", INT, 16, )

SEC("syscall")
int cut(void *ctx) {
	static const char name[] = "iphdr";
	static struct btf_ptr p;
	p.ptr = raw;
	p.type = bpf_btf_find_by_name_kind(name, sizeof(name), STRUCT, 0);
	raw[0] = 0x45;
	note(0, bpf_snprintf_btf(text, 10, &p, sizeof(p), 0));
	note(1, bpf_snprintf_btf(text + 10, 10, &p, 8, 0));
	p.flags = 1;
	note(2, bpf_snprintf_btf(text + 20, 10, &p, sizeof(p), 0));
	p.flags = 0;
	p.type = 0;
	note(3, bpf_snprintf_btf(text + 30, 10, &p, sizeof(p), 0));
	p.type = 100000000;
	note(4, bpf_snprintf_btf(text + 40, 10, &p, sizeof(p), 0));
	p.ptr = NULL;
	p.type = 1;
	note(5, bpf_snprintf_btf(text + 50, 10, &p, sizeof(p), 0));
	return 0;
}
