/* The context of gtrace programs (SEC("gtrace")). The program type was proposed
 * for Linux and never merged: no kernel loads such programs. bpflint judges them
 * with --extensions gtrace. */
#pragma once

/* Registers of x86-64 as the kernel saves them. */
struct gtrace_regs {
	unsigned long long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct gtrace_ctx {
	struct gtrace_regs regs;       /* where the caller's event happened */
	unsigned long long start_time; /* of the task, in nanoseconds since boot */
	unsigned int pid, tgid, cpu;
	unsigned int caller; /* BPF_PROG_TYPE_* of the program that made the tail call */
	char comm[16];
};
