package linux

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// injectable are functions of the kernel that opted in to error injection
// (ALLOW_ERROR_INJECTION), besides those of filesystems' and drivers' own tests.
// A kernel has those that its configuration builds.
var injectable = []string{
	"bpf_fentry_test1", "bpf_modify_return_test", "btrfs_should_cancel_balance", "open_ctree", "page_pool_alloc_netmems",
	"page_pool_alloc_pages", "should_fail_alloc_page", "should_fail_bio", "should_fail_net_realloc_skb", "should_failslab",
}

// syscallPrefixes begin the names of the entries of system calls, all of which
// opted in.
var syscallPrefixes = []string{"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__se_sys_", "sys_"}

// InjectsErrors reports whether a function is known to allow that
// bpf_override_return replaces its result.
func InjectsErrors(function string) bool {
	for _, prefix := range syscallPrefixes {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return slices.Contains(injectable, function)
}

// HelperOverrideReturn is bpf_override_return.
const HelperOverrideReturn = 58

// OverrideReturn is the prototype of bpf_override_return, which none of the
// measured kernels was built with (CONFIG_BPF_KPROBE_OVERRIDE). The source is
// its documentation in include/uapi/linux/bpf.h.
var OverrideReturn = Helper{
	ID: HelperOverrideReturn, Name: "bpf_override_return", Kernels: InAll, Traits: GPLOnly,
	Args: [5]Arg{{Kind: ArgCtx}, {Kind: ArgAnything}},
}

// ReadInjectable reads a list of functions as the kernel prints it in
// /sys/kernel/debug/error_injection/list: a name and the kind of errors per line.
func ReadInjectable(r io.Reader) (map[string]bool, error) {
	set := map[string]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
			set[words[0]] = true
		}
	}
	return set, lines.Err()
}
