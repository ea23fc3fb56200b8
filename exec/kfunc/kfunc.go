// Package kfunc holds the kernel functions that programs of the concrete
// machine may call, by the names that the kernel's BTF gives them.
package kfunc

import (
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// Caller is what a kfunc may need to know of the program that calls it.
type Caller struct {
	// Types are the program's own types, to which bpf_obj_new refers; nil when
	// there are none.
	Types *btf.Spec
	// ReadOnlyPacket says that the program's type may not write packets.
	ReadOnlyPacket bool
}

// binder makes a kfunc for a caller.
type binder func(Caller) vm.Func

// Lookup returns a kfunc by its name. One that is not simulated stops the
// program that calls it.
func Lookup(name string, caller Caller) vm.Func {
	if f, ok := table[name]; ok {
		return f
	}
	if rest, ok := strings.CutPrefix(name, "bpf_cpumask_"); ok && masks[rest] != nil {
		return masks[rest]
	}
	if f, ok := binders[name]; ok {
		return f(caller)
	}
	err := &helper.NotSimulated{Name: "kfunc " + name}
	return func(*vm.CPU) (uint64, error) { return 0, err }
}

// table holds the kfuncs that are the same for all callers.
var table = map[string]vm.Func{
	"bpf_iter_num_new":     numNew,
	"bpf_iter_num_next":    numNext,
	"bpf_iter_num_destroy": nothing,
	"bpf_iter_bits_new":    bitsNew,
	"bpf_iter_bits_next":   bitsNext,

	"bpf_iter_bits_destroy": bitsDestroy,

	"bpf_dynptr_from_xdp":   dynptrFromXDP,
	"bpf_dynptr_slice":      dynptrSlice,
	"bpf_dynptr_slice_rdwr": dynptrSliceRdwr,
	"bpf_dynptr_adjust":     dynptrAdjust,
	"bpf_dynptr_is_null":    dynptrIsNull,
	"bpf_dynptr_is_rdonly":  dynptrIsReadOnly,
	"bpf_dynptr_size":       dynptrSize,
	"bpf_dynptr_clone":      dynptrClone,
	"bpf_dynptr_copy":       dynptrCopy,
	"bpf_dynptr_memset":     dynptrMemset,

	"bpf_rcu_read_lock":     nothing,
	"bpf_rcu_read_unlock":   nothing,
	"bpf_preempt_disable":   nothing,
	"bpf_preempt_enable":    nothing,
	"bpf_local_irq_save":    nothing,
	"bpf_local_irq_restore": nothing,
	"bpf_cast_to_kern_ctx":  same,
	"bpf_rdonly_cast":       same,
	"bpf_throw":             throw,

	"bpf_wq_init":              workInit,
	"bpf_wq_set_callback_impl": workSetCallback,
	"bpf_wq_set_callback":      workSetCallback,
	"bpf_wq_start":             workStart,

	"bpf_task_work_schedule_signal_impl": taskWork,
	"bpf_task_work_schedule_resume_impl": taskWork,
	"bpf_task_work_schedule_signal":      taskWork,
	"bpf_task_work_schedule_resume":      taskWork,

	"bpf_arena_alloc_pages": arenaAlloc,
	"bpf_arena_free_pages":  arenaFree,

	"bpf_task_acquire":          same,
	"bpf_task_release":          nothing,
	"bpf_task_from_pid":         taskFromPID,
	"bpf_task_from_vpid":        taskFromPID,
	"bpf_iter_task_new":         walkNew(checkTasks),
	"bpf_iter_task_next":        walkNext(listTasks),
	"bpf_iter_task_destroy":     nothing,
	"bpf_iter_css_new":          walkNew(checkCgroups),
	"bpf_iter_css_next":         walkNext(listCgroups),
	"bpf_iter_css_destroy":      nothing,
	"bpf_iter_css_task_new":     walkNew(checkMembers),
	"bpf_iter_css_task_next":    walkNext(listMembers),
	"bpf_iter_css_task_destroy": nothing,
	"bpf_iter_task_vma_new":     noMemoryAreas,
	"bpf_iter_task_vma_next":    none,
	"bpf_iter_task_vma_destroy": nothing,

	"bpf_copy_from_user_str":           copyString,
	"bpf_probe_read_user_dynptr":       probeInto,
	"bpf_probe_read_kernel_dynptr":     probeInto,
	"bpf_copy_from_user_dynptr":        probeInto,
	"bpf_probe_read_user_str_dynptr":   probeStringInto,
	"bpf_probe_read_kernel_str_dynptr": probeStringInto,
	"bpf_copy_from_user_str_dynptr":    probeStringInto,

	"bpf_send_signal_task":    signalTask,
	"bpf_stream_vprintk_impl": helper.PrintStream,
	"bpf_stream_vprintk":      helper.PrintStream,

	"bpf_get_task_exe_file":  none,
	"bpf_put_file":           nothing,
	"bpf_path_d_path":        pathName,
	"bpf_map_sum_elem_count": elementCount,
	"bpf_get_kmem_cache":     none,
	"bpf_task_get_cgroup1":   none,
	"cgroup_rstat_updated":   nothing,
	"cgroup_rstat_flush":     nothing,
	"css_rstat_updated":      nothing,
	"css_rstat_flush":        nothing,

	"bpf_xdp_metadata_rx_hash":      unsupported,
	"bpf_xdp_metadata_rx_timestamp": unsupported,
	"bpf_xdp_metadata_rx_vlan_tag":  unsupported,
	"bpf_xdp_pull_data":             pullData,

	"bpf_cgroup_from_id":    cgroupFromID,
	"bpf_cgroup_ancestor":   cgroupAncestor,
	"bpf_task_under_cgroup": taskUnderCgroup,

	"bpf_res_spin_lock":              lockResilient,
	"bpf_res_spin_unlock":            unlockResilient,
	"bpf_res_spin_lock_irqsave":      lockResilient,
	"bpf_res_spin_unlock_irqrestore": unlockResilient,

	"bpf_lookup_system_key": systemKey,
	"bpf_lookup_user_key":   none,
	"bpf_key_put":           releaseObject,

	"bpf_crypto_ctx_create":  cryptoCreate,
	"bpf_crypto_ctx_acquire": acquireObject,
	"bpf_crypto_ctx_release": releaseObject,
	"bpf_crypto_encrypt":     cryptoEncrypt,
	"bpf_crypto_decrypt":     cryptoDecrypt,

	"bpf_cgroup_acquire": same,
	"bpf_cgroup_release": nothing,

	"bpf_obj_drop_impl":        drop,
	"bpf_obj_drop":             drop,
	"bpf_percpu_obj_drop_impl": drop,
	"bpf_percpu_obj_drop":      drop,

	"bpf_refcount_acquire_impl": acquire,
	"bpf_refcount_acquire":      acquire,

	"bpf_list_push_front_impl": listPushFront,
	"bpf_list_push_front":      listPushFront,
	"bpf_list_push_back_impl":  listPushBack,
	"bpf_list_push_back":       listPushBack,
	"bpf_list_pop_front":       listPopFront,
	"bpf_list_pop_back":        listPopBack,
	"bpf_list_front":           listFront,
	"bpf_list_back":            listBack,

	"bpf_rbtree_add_impl": treeAdd,
	"bpf_rbtree_add":      treeAdd,
	"bpf_rbtree_remove":   treeRemove,
	"bpf_rbtree_first":    treeFirst,
	"bpf_rbtree_root":     treeRoot,
	"bpf_rbtree_left":     treeLeft,
	"bpf_rbtree_right":    treeRight,

	"bpf_strcmp":      stringCompare,
	"bpf_strcasecmp":  stringCompareFold,
	"bpf_strncasecmp": stringCompareFoldN,
	"bpf_strchr":      stringFind,
	"bpf_strnchr":     stringFindN,
	"bpf_strchrnul":   stringFindOrEnd,
	"bpf_strrchr":     stringFindLast,
	"bpf_strlen":      stringLen,
	"bpf_strnlen":     stringLenN,
	"bpf_strspn":      stringSpan,
	"bpf_strcspn":     stringSpanNot,
	"bpf_strstr":      stringIndex,
	"bpf_strnstr":     stringIndexN,
	"bpf_strcasestr":  stringIndexFold,
	"bpf_strncasestr": stringIndexFoldN,
}

// binders hold the kfuncs that differ with the caller.
var binders = map[string]binder{
	"bpf_obj_new_impl":        newObject(false),
	"bpf_obj_new":             newObject(false),
	"bpf_percpu_obj_new_impl": newObject(true),
	"bpf_percpu_obj_new":      newObject(true),
	"bpf_dynptr_from_skb":     dynptrFromSKB,
}

// nothing is for kfuncs whose effect programs cannot see here, such as
// sections that exclude preemption.
func nothing(*vm.CPU) (uint64, error) { return 0, nil }

// same is for casts.
func same(c *vm.CPU) (uint64, error) { return c.R[1], nil }

// Thrown is the error with which bpf_throw ends a program.
type Thrown struct{ Cookie uint64 }

// Error says that the program threw.
func (t *Thrown) Error() string { return "exception" }

func throw(c *vm.CPU) (uint64, error) { return 0, &Thrown{c.R[1]} }

func ret(e errno.Errno) (uint64, error) { return e.Ret(), nil }

func boolean(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
