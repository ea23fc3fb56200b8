package linux

// contextTypes are the names of the types that programs give their context, by
// number of the program type. A type without a row has no such name.
var contextTypes = map[uint32]string{
	1:  "__sk_buff",               // socket filter
	2:  "bpf_user_pt_regs_t",      // kprobe
	3:  "__sk_buff",               // tc classifier
	4:  "__sk_buff",               // tc action
	6:  "xdp_md",                  // XDP
	7:  "bpf_perf_event_data",     // perf event
	8:  "__sk_buff",               // cgroup skb
	9:  "bpf_sock",                // cgroup sock
	10: "__sk_buff",               // lwt in
	11: "__sk_buff",               // lwt out
	12: "__sk_buff",               // lwt xmit
	13: "bpf_sock_ops",            // sock ops
	14: "__sk_buff",               // sk skb
	15: "bpf_cgroup_dev_ctx",      // cgroup device
	16: "sk_msg_md",               // sk msg
	17: "bpf_raw_tracepoint_args", // raw tracepoint
	18: "bpf_sock_addr",           // cgroup sock addr
	19: "__sk_buff",               // lwt seg6local
	21: "sk_reuseport_md",         // sk reuseport
	22: "__sk_buff",               // flow dissector
	23: "bpf_sysctl",              // cgroup sysctl
	24: "bpf_raw_tracepoint_args", // writable raw tracepoint
	25: "bpf_sockopt",             // cgroup sockopt
	30: "bpf_sk_lookup",           // sk lookup
	32: "bpf_nf_ctx",              // netfilter
}

// ContextTypeName returns the name of the type that programs of a type give their
// context; empty when there is none. Kprobes' is a typedef of struct pt_regs,
// the others are structs.
func ContextTypeName(progType uint32) string { return contextTypes[progType] }

// KernelContext returns the name that the kernel has for what programs know as
// the context of the given type; empty when only programs have a type.
func KernelContext(context string) string {
	switch context {
	case "__sk_buff":
		return "sk_buff"
	case "xdp_md":
		return "xdp_buff"
	}
	return ""
}

// contextsBehind are the kernel's structs behind the contexts of programs, by
// number of the program type (include/linux/bpf_types.h).
var contextsBehind = map[uint32]string{
	1: "sk_buff", 2: "pt_regs", 3: "sk_buff", 4: "sk_buff", 6: "xdp_buff", 7: "bpf_perf_event_data_kern",
	8: "sk_buff", 9: "sock", 10: "sk_buff", 11: "sk_buff", 12: "sk_buff", 13: "bpf_sock_ops_kern", 14: "sk_buff",
	15: "bpf_cgroup_dev_ctx", 16: "sk_msg", 18: "bpf_sock_addr_kern", 19: "sk_buff", 21: "sk_reuseport_kern",
	22: "bpf_flow_dissector", 23: "bpf_sysctl_kern", 25: "bpf_sockopt_kern", 30: "bpf_sk_lookup_kern", 32: "bpf_nf_ctx",
}

// plainContexts are the names of program types whose contexts are no structs.
var plainContexts = map[uint32]string{
	5: "TRACEPOINT", 17: "RAW_TRACEPOINT", 20: "LIRC_MODE2", 24: "RAW_TRACEPOINT_WRITABLE", 26: "TRACING",
	27: "STRUCT_OPS", 28: "EXT", 29: "LSM", 31: "SYSCALL",
}

// PlainContext returns the member of the kernel's struct bpf_ctx_convert that has
// the type of a program type's context, where that is no struct; empty for
// other program types.
func PlainContext(progType uint32) string {
	if name := plainContexts[progType]; name != "" {
		return "BPF_PROG_TYPE_" + name + "_kern"
	}
	return ""
}

// ContextBehind returns the name of the kernel's struct that programs of a type
// have for their context after bpf_cast_to_kern_ctx; empty when it is none.
func ContextBehind(progType uint32) string { return contextsBehind[progType] }
