// An arena: pages come and go, and its pointers are those of user space.
#include "net.h"

LICENSE("GPL");

// Libraries that load arenas for the kernel differ, so these programs have no
// data and leave their notes in the context.
#define note(i, v) (((u64 *)ctx)[i] = (v))

#define __ulong(name, value) enum { unique_##name = value } name
#define ARENA __attribute__((address_space(1)))

struct {
	__uint(type, MAP_ARENA);
	__uint(map_flags, MMAPABLE);
	__uint(max_entries, 8);
	__ulong(map_extra, 0x1ull << 44);
} arena SEC(".maps");

extern void ARENA *bpf_arena_alloc_pages(void *map, void ARENA *addr, u32 pages, int node, u64 flags) KSYM;
extern void bpf_arena_free_pages(void *map, void ARENA *addr, u32 pages) KSYM;

INLINE u64 user(void ARENA *p) { return (u64)p; }

SEC("syscall")
int pages(void *ctx) {
	void ARENA *a = bpf_arena_alloc_pages(&arena, NULL, 2, -1, 0);
	void ARENA *b = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);
	u64 ARENA *w = a;
	note(0, user(a));
	note(1, user(b) - user(a));
	if (!a || !b)
		return 1;
	w[0] = 7;
	w[600] = 9;
	note(2, w[0] + w[600] + w[1]);
	bpf_arena_free_pages(&arena, a, 1);
	note(3, w[0]);
	note(4, w[600]);
	note(5, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)) - user(a));
	note(6, w[0]);
	return 0;
}

SEC("syscall")
int full(void *ctx) {
	u64 base = user(bpf_arena_alloc_pages(&arena, NULL, 6, -1, 0));
	note(0, user(bpf_arena_alloc_pages(&arena, NULL, 3, -1, 0)));
	note(1, user(bpf_arena_alloc_pages(&arena, NULL, 2, -1, 0)) - base);
	note(2, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)));
	note(3, user(bpf_arena_alloc_pages(&arena, NULL, 0, -1, 0)));
	note(4, user(bpf_arena_alloc_pages(&arena, NULL, 9, -1, 0)));
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 4096), 2);
	note(5, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 1)));
	note(6, user(bpf_arena_alloc_pages(&arena, NULL, 2, -1, 0)) - base);
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 4096), 100);
	note(7, user(bpf_arena_alloc_pages(&arena, NULL, 7, -1, 0)) - base);
	return 0;
}

// Of free pages in a row, the shortest that are enough are taken.
SEC("syscall")
int best_fit(void *ctx) {
	u64 base = 0x1ull << 44;
	bpf_arena_alloc_pages(&arena, NULL, 8, -1, 0);
	bpf_arena_free_pages(&arena, (void ARENA *)base, 3);
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 4 * 4096 + 5), 1);
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 6 * 4096), 1);
	note(0, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)) - base);
	note(1, user(bpf_arena_alloc_pages(&arena, NULL, 2, -1, 0)) - base);
	note(2, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)) - base);
	note(3, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)) - base);
	note(4, user(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)));
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 4 * 4096), 1);
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 6 * 4096), 1);
	bpf_arena_free_pages(&arena, (void ARENA *)(base + 3 * 4096), 3);
	note(5, user(bpf_arena_alloc_pages(&arena, NULL, 4, -1, 0)) - base);
	return 0;
}

SEC("syscall")
int at_address(void *ctx) {
	u64 base = 0x1ull << 44;
	note(0, user(bpf_arena_alloc_pages(&arena, (void ARENA *)(base + 3 * 4096), 2, -1, 0)) - base);
	note(1, user(bpf_arena_alloc_pages(&arena, (void ARENA *)(base + 4 * 4096), 2, -1, 0)));
	note(2, user(bpf_arena_alloc_pages(&arena, (void ARENA *)(base + 7 * 4096), 2, -1, 0)));
	note(3, user(bpf_arena_alloc_pages(&arena, (void ARENA *)(base + 5), 1, -1, 0)));
	note(4, user(bpf_arena_alloc_pages(&arena, (void ARENA *)(base - 4096), 1, -1, 0)));
	note(5, user(bpf_arena_alloc_pages(&arena, NULL, 3, -1, 0)) - base);
	note(6, user(bpf_arena_alloc_pages(&arena, NULL, 3, -1, 0)) - base);
	return 0;
}
