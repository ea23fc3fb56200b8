package linux

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// injectableFunc is a function that opted in to error injection.
type injectableFunc struct {
	name    string
	kernels Kernels
}

// injectable are the functions that the sources of 5.10, 6.1, 6.12 and 7.2 mark
// with ALLOW_ERROR_INJECTION, drivers aside. A kernel lists those of them that
// its configuration builds.
var injectable = []injectableFunc{
	{"__add_to_page_cache_locked", In5_10},
	{"__filemap_add_folio", From6_1},
	{"bpf_fentry_test1", In6_1},
	{"bpf_modify_return_test", In5_10 | In6_1},
	{"bpf_testmod_test_read", From6_1},
	{"bpf_testmod_test_write", From6_1},
	{"btrfs_check_leaf", From6_12},
	{"btrfs_check_leaf_full", In5_10 | In6_1},
	{"btrfs_check_node", InAll},
	{"btrfs_cow_block", From6_1},
	{"btrfs_search_slot", From6_1},
	{"btrfs_should_cancel_balance", InAll},
	{"io_ctl_init", InAll},
	{"mtd_block_markbad", From6_12},
	{"mtd_erase", From6_12},
	{"mtd_read", From6_12},
	{"mtd_write", From6_12},
	{"open_ctree", InAll},
	{"page_pool_alloc_netmems", From6_18},
	{"page_pool_alloc_pages", In6_12},
	{"should_fail_alloc_page", InAll},
	{"should_fail_bio", InAll},
	{"should_fail_net_realloc_skb", From6_18},
	{"should_failslab", InAll},
}

// syscallPrefixes begin the names of the entries of system calls, all of which
// opted in.
var syscallPrefixes = []string{
	"__x64_sys_", "__ia32_sys_", "__x64_compat_sys_", "__ia32_compat_sys_", "__arm64_sys_", "__arm64_compat_sys_", "sys_",
}

// InjectsErrors reports whether a function is known to allow that
// bpf_override_return replaces its result.
func (v Version) InjectsErrors(function string) bool {
	for _, prefix := range syscallPrefixes {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return slices.ContainsFunc(injectable, func(f injectableFunc) bool { return f.name == function && f.kernels.In(v) })
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
