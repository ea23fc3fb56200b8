// Loops over iterators in which Linux before 6.17 loses sight of what matters: it
// accepts some that later kernels refuse, and some that these give up on.
#include "net.h"

LICENSE("GPL");

#define NAKED __attribute__((naked))

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;

// Compilers describe only functions that C code calls.
SEC("tc")
int counts(struct __sk_buff *skb) {
	struct bpf_iter_num it;
	int n = 0;
	bpf_iter_num_new(&it, 0, 100);
	while (bpf_iter_num_next(&it))
		n++;
	bpf_iter_num_destroy(&it);
	return n;
}

// Something that takes a few instructions and jumps.
static NAKED NOINLINE int busy(void) {
	asm volatile("call 7\n\tr1 = 0\n\tif r0 > 1 goto +1\n\tr1 = 1\n\tif r0 > 2 goto +1\n\tr1 = 2\n\t"
		     "if r0 > 3 goto +1\n\tr1 = 3\n\tr1 = 4\n\tr1 = 5\n\tr0 = 0\n\texit");
}

#define BEGIN                                                  \
	"r1 = r10\n\tr1 += -8\n\tr2 = 0\n\tr3 = 100\n\t"       \
	"call %[new]\n\t"
#define NEXT "r1 = r10\n\tr1 += -8\n\tcall %[next]\n\t"
#define END "r1 = r10\n\tr1 += -8\n\tcall %[destroy]\n\tr0 = 0\n\texit\n\t"

#define OPERANDS                                                                                     \
	::[new] "i"(bpf_iter_num_new), [next] "i"(bpf_iter_num_next), [destroy] "i"(bpf_iter_num_destroy), \
		[busy] "i"(busy) : "memory"

// The offset is changed before the loop on a path that is explored late.
SEC("tc") // want program "invalid read from stack R1 off=-1024 size=1"
NAKED int late_offset(void) {
	asm volatile("r8 = *(u32 *)(r1 + 0)\n\tr6 = -32\n\tr0 = 0\n\t*(u64 *)(r10 - 32) = r0\n\t" BEGIN
		     "call 7\n\tif r0 == r8 goto change%=\n\t"
		     "loop%=: call %[busy]\n\t" NEXT
		     "if r0 == 0 goto out%=\n\tcall 7\n\tif r0 == r8 goto use%=\n\tgoto loop%=\n\t"
		     "out%=: " END
		     "use%=: r1 = r10\n\tr1 += r6\n\tr0 = *(u8 *)(r1 + 0)\n\tgoto loop%=\n\t"
		     "change%=: r6 = -1024\n\tgoto loop%=\n\t" OPERANDS);
}

// A register that nobody reads keeps turns of the loop apart for a while.
SEC("tc")
NAKED int dead_register(void) {
	asm volatile("r6 = r1\n\t" BEGIN
		     "loop%=: " NEXT
		     "if r0 == 0 goto out%=\n\tr6 = r10\n\tgoto loop%=\n\t"
		     "out%=: " END OPERANDS);
}

#define FILL(off) "call 7\n\tif r0 == 42 goto +1\n\tgoto +1\n\t*(u64 *)(r10 - " #off ") = r0\n\t"
#define TOUCH(off) "*(u8 *)(r10 - " #off ") = 1\n\t"

// Each turn fills some slots of which only a byte was written before.
SEC("tc") // want program "BPF program is too large. Processed 1000001 insn"
NAKED int partly_filled(void) {
	asm volatile(TOUCH(15) TOUCH(23) TOUCH(31) TOUCH(39) TOUCH(47) TOUCH(55) TOUCH(63) TOUCH(71) BEGIN
		     "loop%=: " NEXT
		     "if r0 == 0 goto out%=\n\t"
		     FILL(16) FILL(24) FILL(32) FILL(40) FILL(48) FILL(56) FILL(64) FILL(72)
		     "goto loop%=\n\t"
		     "out%=: " END OPERANDS);
}
