package proof

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
)

// Messages of real kernels, and the rule and words that we give them.
func TestExplain(t *testing.T) {
	for message, want := range map[string][2]string{
		"R0 invalid mem access 'map_value_or_null'":                                       {"proof/null-check", "the pointer in R0 may be NULL here"},
		"R3 pointer arithmetic on map_value_or_null prohibited, null-check it first":      {"proof/null-check", "the pointer in R3 may be NULL here"},
		"R7 offset is outside of the packet":                                              {"proof/packet-bounds", "the packet may be shorter than this access through R7"},
		"invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)":                      {"proof/packet-bounds", "the packet may be shorter than this access through R1"},
		"R1 invalid mem access 'scalar'":                                                  {"proof/untyped-pointer", "R1 holds a number here, not a pointer that may be followed"},
		"R1 invalid mem access 'inv'":                                                     {"proof/untyped-pointer", "R1 holds a number here, not a pointer that may be followed"},
		"R0 !read_ok":                                                                     {"proof/uninitialised", "R0 is read but was never written on this path"},
		"invalid read from stack off -8+0 size 8":                                         {"proof/stack", ""},
		"invalid write to stack R10 off=-520 size=8":                                      {"proof/stack", ""},
		"invalid bpf_context access off=80 size=4":                                        {"proof/context", "this program type has no such field: offset 80, size 4 of the context"},
		"dereference of modified ctx ptr R1 off=8 disallowed":                             {"proof/context-pointer", ""},
		"R1 min value is outside of the allowed memory range":                             {"proof/memory-bounds", ""},
		"R2 unbounded memory access, use 'var &= const' or 'if (var < const)'":            {"proof/memory-bounds", ""},
		"invalid access to map value, value_size=4 off=4 size=4":                          {"proof/memory-bounds-fixed", ""},
		"R1 pointer arithmetic on map_ptr prohibited":                                     {"proof/pointer-arithmetic", ""},
		"R1 pointer += pointer prohibited":                                                {"proof/pointer-arithmetic", ""},
		"math between fp pointer and 2147483647 is not allowed":                           {"proof/pointer-arithmetic", ""},
		"frame pointer is read only":                                                      {"proof/frame-pointer", "R10 can only be read"},
		"invalid func unknown#195896080":                                                  {"proof/poisoned", ""},
		"invalid func unknown#211":                                                        {"proof/unknown-function", "the target kernel has no helper unknown (number 211) for this program"},
		"program of this type cannot use helper bpf_override_return#58":                   {"proof/helper-not-allowed", "programs of this type cannot call bpf_override_return"},
		"calling kernel function bpf_fentry_test1 is not allowed":                         {"proof/helper-not-allowed", "programs of this type cannot call bpf_fentry_test1"},
		"cannot call GPL-restricted function from non-GPL compatible program":             {"proof/license", ""},
		"R1 type=ctx expected=fp, pkt":                                                    {"proof/argument", "argument R1 is of kind ctx, and the function wants one of: fp, pkt"},
		"cannot pass map_type 1 into func bpf_tail_call#12":                               {"proof/map", ""},
		"expected prog array map for tail call":                                           {"proof/map", ""},
		"BPF_EXIT instruction in main prog would lead to reference leak":                  {"proof/leak", ""},
		"Unreleased reference id=2 alloc_insn=7":                                          {"proof/leak", ""},
		"At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]":    {"proof/return-value", ""},
		"Caller passes invalid args into func#1 ('sum')":                                  {"proof/function-arguments", "what is passed does not match the types of the function (number 1 of the program)"},
		"Caller passes invalid args into func#2":                                          {"proof/function-arguments", ""},
		"Global function f() doesn't return scalar. Only those are supported.":            {"proof/function-type", "the verifier cannot make sense of this function's type: f"},
		"callee expects 6 args, stack arg1 is not initialized":                            {"proof/stack-arguments", "the function declares 6 arguments, and five at most are passed in registers"},
		"use static function instead":                                                     {"proof/function-call", ""},
		"callback function not static":                                                    {"proof/callback", ""},
		"callback function not allowed for map":                                           {"proof/callback", ""},
		"At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]": {"proof/return-value", ""},
		"off 0 doesn't point to 'struct bpf_timer' that is at 8":                          {"proof/field", ""},
		"map 'plain' has no valid bpf_timer":                                              {"proof/field", ""},
		"Invalid format string":                                                           {"proof/format", ""},
		"infinite loop detected at insn 3":                                                {"proof/loop", ""},
		"BPF program is too large. Processed 1000001 insn":                                {"proof/complexity", ""},
		"write into map forbidden, value_size=4 off=0 size=4":                             {"proof/read-only", ""},
		"misaligned packet access off 0+0+1 size 4":                                       {"proof/alignment", ""},
		"Tracing programs must provide btf_id":                                            {"proof/attach", ""},
		"two_numbers() has 2 args while number() has 1 args":                              {"proof/replacement", ""},
		"Extension program changes packet data, while original does not":                  {"proof/replacement", ""},
		"arg0 other_context(struct __sk_buff *) doesn't match too_long(struct xdp_md *)":  {"proof/replacement", ""},
		"Possibly NULL pointer passed to trusted arg0":                                    {"proof/null-check", "the pointer in arg0 may be NULL here"},
		"BPF_ST stores into R1 ctx is not allowed":                                        {"proof/context-constant", ""},
		"BPF_ATOMIC stores into R1 ctx is not allowed":                                    {"proof/atomic", ""},
		"same insn cannot be used with different pointers":                                {"proof/mixed-pointers", ""},
		"combined stack size of 2 calls is 576. Too large":                                {"proof/stack-size", ""},
		"cannot return stack pointer to the caller":                                       {"proof/stack-escape", ""},
		"sleepable helper bpf_copy_from_user#148 in rcu_read_lock region":                 {"proof/sleep", ""},
		"unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)":                 {"proof/section", ""},
		"bpf_spin_unlock without taking a lock":                                           {"proof/lock", ""},
		"off=8 kptr isn't referenced kptr":                                                {"proof/kptr", ""},
		"Expected an initialized dynptr as R1":                                            {"proof/dynptr", ""},
		"Caller passes invalid args into func#1 ('global_call_bpf_dynptr')":               {"proof/function-arguments", ""},
		"expected uninitialized iter_num as R1":                                           {"proof/iterator", ""},
		"R0 is ptr_counter access percpu memory: off=0":                                   {"proof/typed-access", ""},
		"release kfunc bpf_task_release expects referenced PTR_TO_BTF_ID passed to R1":    {"proof/release", ""},
		"R1 must be a rcu pointer":                                                        {"proof/trust", ""},
		"bpf_rb_root not found at offset=0":                                               {"proof/own-objects", ""},
		"arena's user address must be set via map_extra or mmap()":                        {"proof/arena", ""},
		"div by zero":    {"proof/arithmetic", ""},
		"R15 is invalid": {"proof/encoding", ""},
		"misaligned stack access off 0+-4 size 8": {"proof/alignment", ""},
		"": {"proof/rejected", ""},
	} {
		t.Run(message, func(t *testing.T) {
			d := explain(&absint.Result{Verdict: absint.Reject, Insn: 3, Message: message, Errno: "EACCES"})
			require.Equal(t, want[0], d.ID)
			if want[1] != "" {
				require.Equal(t, want[1], d.Message)
			}
			require.NotContains(t, d.Message, "$")
			require.Equal(t, message, d.Kernel)
			require.Equal(t, "EACCES", d.Errno)
			require.Equal(t, 3, d.Insn)
		})
	}
}

func TestPatternsCompile(t *testing.T) {
	for _, r := range refusals {
		require.NotPanics(t, func() { r.pattern() }, r.id)
	}
}
