// Options that the kernel was built with are constants to the verifier.
#include "bpf.h"

LICENSE("GPL");

extern unsigned int CONFIG_HZ KCONFIG;
extern int LINUX_KERNEL_VERSION KCONFIG;

u32 ticks;

SEC("raw_tp/sched_switch")
int configured(void *ctx) {
	ticks = CONFIG_HZ;
	if (LINUX_KERNEL_VERSION < 0x50000)
		return *(volatile int *)0;
	return 0;
}
