package absint

import (
	"strings"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// kfuncSpecial is a kfunc that has rules of its own.
type kfuncSpecial uint8

// kfuncRules says how the target kernel treats calls of kfuncs.
type kfuncRules struct {
	locked        bool // iterators over numbers may be used with a lock held
	lockedStreams bool // streams and arenas may be used with a lock held
	nestedRCU     bool // RCU sections nest
	needsRCU      bool // kfuncs may demand an RCU section
	regs          bool // messages about arguments name registers
	trusted       bool // all kfuncs want trusted pointers
	trustedOwn    bool // own objects that nothing protects are not taken for such
	untrustedRead bool // writes through pointers that nothing protects are refused before all else
	countsWhole   bool // references are taken of pointers to the begin of an object
	countsOwned   bool // only of an object that the program owns there is another reference for sure
	ownedNodes    bool // nodes that the program owns may be passed as those of a tree
	outerTrees    bool // what a comparison of nodes calls is known to be called by it
	unlockEndsRCU bool // a lock that is given back may end the protection by RCU
	castVoid      bool // bpf_rdonly_cast knows void
	dynptrs       bool // dynptrs are tracked through stores and slices
	throws        bool // programs may throw exceptions
	throwRange    bool // what a function throws that is verified alone has to be a result of the program
	throwNamed    bool // messages name bpf_throw, not the end of the program
	globalThrows  bool // calls of global functions that may throw are checked
	cloned        bool // one of several dynptrs of a resource may be overwritten
}

func kfuncRulesFor(v linux.Release) kfuncRules {
	return kfuncRules{
		locked:        v.Has(linux.KfuncLocked),
		lockedStreams: v.Has(linux.KfuncLockedStreams),
		nestedRCU:     v.Has(linux.KfuncNestedRCU),
		needsRCU:      v.Has(linux.KfuncNeedsRCU),
		regs:          v.Has(linux.KfuncRegisters),
		trusted:       v.Has(linux.KfuncTrusted),
		trustedOwn:    v.Has(linux.KfuncTrustedOwn),
		untrustedRead: v.Has(linux.KfuncUntrustedReads),
		countsWhole:   v.Has(linux.KfuncCountsWhole),
		countsOwned:   v.Has(linux.KfuncCountsOwned),
		ownedNodes:    v.Has(linux.KfuncOwnedNodes),
		outerTrees:    v.Has(linux.KfuncOuterTrees),
		unlockEndsRCU: v.Has(linux.KfuncUnlockEndsRCU),
		castVoid:      v.Has(linux.KfuncCastVoid),
		dynptrs:       v.Has(linux.KfuncDynptrs),
		throws:        v.Has(linux.KfuncThrows),
		throwRange:    v.Has(linux.KfuncThrowRange),
		throwNamed:    v.Has(linux.KfuncThrowNamed),
		globalThrows:  v.Has(linux.KfuncGlobalThrows),
		cloned:        v.Has(linux.KfuncCloned),
	}
}

const (
	kfuncOrdinary kfuncSpecial = iota
	kfuncCastToKernCtx
	kfuncRdonlyCast
	kfuncRCULock
	kfuncRCUUnlock
	kfuncPreemptDisable
	kfuncPreemptEnable
	kfuncIRQSave
	kfuncIRQRestore
	kfuncThrow
	kfuncTrap
	kfuncPullData
	kfuncIterNum // all three functions of the iterator over numbers
	kfuncCSSTaskNew
	kfuncKmemCache
	kfuncSessionCookie
	kfuncSessionReturn
	kfuncArena
	kfuncStream
	kfuncDynptrFromSkb
	kfuncDynptrFromXDP
	kfuncDynptrFromSkbMeta
	kfuncDynptrFromFile
	kfuncDynptrFileDiscard
	kfuncDynptrClone
	kfuncDynptrSlice
	kfuncDynptrSliceRdwr
	kfuncObjNew
	kfuncObjDrop
	kfuncPercpuObjNew
	kfuncPercpuObjDrop
	kfuncRefcountAcquire
	kfuncListPush
	kfuncRBAdd
	kfuncGraph // others on lists and trees
	kfuncResLock
	kfuncResUnlock
	kfuncResLockSave
	kfuncResUnlockRestore
	kfuncCallback // takes a function that is called later
	numKfuncSpecials
)

var specialKfuncs = map[string]kfuncSpecial{
	"bpf_cast_to_kern_ctx":               kfuncCastToKernCtx,
	"bpf_rdonly_cast":                    kfuncRdonlyCast,
	"bpf_rcu_read_lock":                  kfuncRCULock,
	"bpf_rcu_read_unlock":                kfuncRCUUnlock,
	"bpf_preempt_disable":                kfuncPreemptDisable,
	"bpf_preempt_enable":                 kfuncPreemptEnable,
	"bpf_local_irq_save":                 kfuncIRQSave,
	"bpf_local_irq_restore":              kfuncIRQRestore,
	"bpf_throw":                          kfuncThrow,
	"bpf_xdp_pull_data":                  kfuncPullData,
	"__bpf_trap":                         kfuncTrap,
	"bpf_iter_num_new":                   kfuncIterNum,
	"bpf_iter_num_next":                  kfuncIterNum,
	"bpf_iter_num_destroy":               kfuncIterNum,
	"bpf_iter_css_task_new":              kfuncCSSTaskNew,
	"bpf_get_kmem_cache":                 kfuncKmemCache,
	"bpf_session_cookie":                 kfuncSessionCookie,
	"bpf_session_is_return":              kfuncSessionReturn,
	"bpf_arena_alloc_pages":              kfuncArena,
	"bpf_arena_free_pages":               kfuncArena,
	"bpf_arena_reserve_pages":            kfuncArena,
	"bpf_stream_vprintk":                 kfuncStream,
	"bpf_stream_vprintk_impl":            kfuncStream,
	"bpf_stream_print_stack":             kfuncStream,
	"bpf_dynptr_from_skb":                kfuncDynptrFromSkb,
	"bpf_dynptr_from_xdp":                kfuncDynptrFromXDP,
	"bpf_dynptr_from_skb_meta":           kfuncDynptrFromSkbMeta,
	"bpf_dynptr_from_file":               kfuncDynptrFromFile,
	"bpf_dynptr_file_discard":            kfuncDynptrFileDiscard,
	"bpf_dynptr_clone":                   kfuncDynptrClone,
	"bpf_dynptr_slice":                   kfuncDynptrSlice,
	"bpf_dynptr_slice_rdwr":              kfuncDynptrSliceRdwr,
	"bpf_obj_new_impl":                   kfuncObjNew,
	"bpf_obj_new":                        kfuncObjNew,
	"bpf_obj_drop_impl":                  kfuncObjDrop,
	"bpf_obj_drop":                       kfuncObjDrop,
	"bpf_percpu_obj_new_impl":            kfuncPercpuObjNew,
	"bpf_percpu_obj_new":                 kfuncPercpuObjNew,
	"bpf_percpu_obj_drop_impl":           kfuncPercpuObjDrop,
	"bpf_percpu_obj_drop":                kfuncPercpuObjDrop,
	"bpf_refcount_acquire_impl":          kfuncRefcountAcquire,
	"bpf_refcount_acquire":               kfuncRefcountAcquire,
	"bpf_list_push_front_impl":           kfuncListPush,
	"bpf_list_push_front":                kfuncListPush,
	"bpf_list_push_back_impl":            kfuncListPush,
	"bpf_list_push_back":                 kfuncListPush,
	"bpf_list_pop_front":                 kfuncGraph,
	"bpf_list_pop_back":                  kfuncGraph,
	"bpf_list_front":                     kfuncGraph,
	"bpf_list_back":                      kfuncGraph,
	"bpf_list_add":                       kfuncListPush,
	"bpf_list_del":                       kfuncGraph,
	"bpf_list_is_first":                  kfuncGraph,
	"bpf_list_is_last":                   kfuncGraph,
	"bpf_list_empty":                     kfuncGraph,
	"bpf_rbtree_add_impl":                kfuncRBAdd,
	"bpf_rbtree_add":                     kfuncRBAdd,
	"bpf_rbtree_remove":                  kfuncGraph,
	"bpf_rbtree_first":                   kfuncGraph,
	"bpf_rbtree_root":                    kfuncGraph,
	"bpf_rbtree_left":                    kfuncGraph,
	"bpf_rbtree_right":                   kfuncGraph,
	"bpf_res_spin_lock":                  kfuncResLock,
	"bpf_res_spin_unlock":                kfuncResUnlock,
	"bpf_res_spin_lock_irqsave":          kfuncResLockSave,
	"bpf_res_spin_unlock_irqrestore":     kfuncResUnlockRestore,
	"bpf_wq_set_callback_impl":           kfuncCallback,
	"bpf_wq_set_callback":                kfuncCallback,
	"bpf_task_work_schedule_signal":      kfuncCallback,
	"bpf_task_work_schedule_resume":      kfuncCallback,
	"bpf_task_work_schedule_signal_impl": kfuncCallback,
	"bpf_task_work_schedule_resume_impl": kfuncCallback,
}

// missing names what is not modelled of a kfunc, "" for nothing.
func (f *kfunc) missing() string {
	switch {
	case f.has(linux.KfuncKptrGet):
		return "kfunc " + f.name
	case len(f.args) > argRegs:
		return "arguments on the stack"
	}
	return ""
}

// prepareKfuncs describes the kfuncs that the program calls, each once, and
// sets fn of the calls. It reports false when the verdict is known already.
func (m *machine) prepareKfuncs(insns []cfg.Insn) bool {
	m.kfuncAt = make(map[int32]int32)
	var r kfuncReader
	for i := range insns {
		if in := insns[i]; !in.IsKfuncCall() || in.Imm == 0 || in.Off != 0 {
			continue
		} else if _, seen := m.kfuncAt[in.Imm]; seen {
			continue
		}
		if r.types == nil {
			types, ok := m.kernelTypes()
			if !ok {
				return false
			}
			r = kfuncReader{
				types: types, hook: &m.hook,
				context: linux.ContextTypeName(uint32(m.prog.Type)), member: structOpsOf(m.prog.AttachTo),
			}
		}
		m.kfuncAt[insns[i].Imm] = -1
		if f := r.read(btf.ID(insns[i].Imm)); f != nil {
			m.kfuncAt[insns[i].Imm] = int32(len(m.kfuncs))
			m.kfuncs = append(m.kfuncs, *f)
			if r.lacksImpl(f) {
				m.fail("EINVAL", "kernel function btf_id %d does not have a valid func_proto", insns[i].Imm)
				return false
			}
			if f.allowed && f.boundToDevice() {
				m.fail("EINVAL", "metadata kfuncs require device-bound program")
				return false
			}
		}
	}
	return true
}

// boundToDevice reports whether only programs that are loaded for one device
// may call the kfunc.
func (f *kfunc) boundToDevice() bool { return strings.HasPrefix(f.name, "bpf_xdp_metadata_rx_") }

// structOpsOf returns the type of a target of the form "type:member".
func structOpsOf(target string) string {
	ops, _, _ := strings.Cut(target, ":")
	return ops
}

// kfuncIndex returns the number of the kfunc that an instruction calls, -1 for
// none.
func (m *machine) kfuncIndex(call cfg.Insn) int32 {
	if n, ok := m.kfuncAt[call.Imm]; ok && call.Off == 0 {
		return n
	}
	return -1
}

// kfuncName returns the name of the function that a call calls, "" when it is
// not known.
func (m *machine) kfuncName(call cfg.Insn) string {
	if n := m.kfuncIndex(call); n >= 0 {
		return m.kfuncs[n].name
	}
	return ""
}

// argumentsOfKfunc returns the number of registers that a call passes.
func (m *machine) argumentsOfKfunc(call cfg.Insn) int {
	if n := m.kfuncIndex(call); n >= 0 {
		return min(len(m.kfuncs[n].args), argRegs)
	}
	return argRegs
}

// kfuncCall is what the arguments of one call of a kfunc told.
type kfuncCall struct {
	*kfunc
	mapi     int32
	uid      uint32
	constant uint64 // of the argument that had to be known
	known    bool   // constant is set
	memSize  uint64 // of the memory that is returned, 0 when no argument says
	readOnly bool   // it may not be written
	ref      uint32 // resource of the last argument that has one
	refs     int    // how many have
	released uint8  // register whose resource is taken over, 0 for none

	fn     int32     // the function that it calls back
	root   *mapField // the list or tree that it works on
	object typeRef   // of which another reference is taken
	owning bool      // the program owns the one that was passed
	iter   iterRef
	dynptr dynptrRef
}

func (m *machine) stepCallKfunc(in *instr) outcome {
	m.jumps++
	if in.fn < 0 {
		return m.unresolvedKfunc(in)
	}
	c := kfuncCall{kfunc: &m.kfuncs[in.fn], mapi: -1}
	switch {
	case m.cur.locks > 0 && !m.kfuncUnderLock(c.kfunc):
		return m.fail("EINVAL", "function calls are not allowed while holding a lock")
	case !c.allowed:
		return m.fail("EACCES", "calling kernel function %s is not allowed", c.name)
	case c.feature != "":
		return m.unsupported(c.feature)
	case c.special == kfuncTrap:
		return m.fail("EFAULT", "unexpected __bpf_trap() due to uninitialized variable?")
	case resLocks[c.special].take && !m.lockFails():
		return failed
	case c.has(linux.KfuncDestructive) && !m.hook.caps.Has(linux.CapSysAdmin):
		return m.fail("EACCES", "destructive kfunc calls require CAP_SYS_BOOT capability")
	case c.has(linux.KfuncSleepable) && !m.sleepable():
		return m.fail("EACCES", "program must be sleepable to call sleepable kfunc %s", c.name)
	}
	if !m.kfuncArgs(&c) || !m.mayDrop(&c) || !m.kfuncCallback(&c) || !m.kfuncSections(&c) || !m.kfuncRelease(&c) {
		return failed
	}
	if s := c.special; (s == kfuncListPush || s == kfuncRBAdd) && !m.linkNode(&c, 2) {
		return failed
	}
	if c.special == kfuncThrow {
		return m.throw()
	}
	clobber(m.top)
	if !m.kfuncResult(&c) {
		return failed
	}
	if c.has(linux.KfuncIterNext) && !m.iterate(&c) {
		return failed
	}
	if c.special == kfuncPullData {
		m.voidPackets()
	}
	return next
}

// kfuncEffects are what a call of a kfunc may do. One that the program may not
// call is not known to sleep.
func (m *machine) kfuncEffects(in *instr) effects {
	if in.fn < 0 {
		return effects{}
	}
	f := &m.kfuncs[in.fn]
	return effects{
		packet: f.special == kfuncPullData,
		sleep:  f.allowed && f.has(linux.KfuncSleepable),
		throws: f.special == kfuncThrow,
	}
}

// unresolvedKfunc is a call of a function that the kernel does not have. The
// verifier passes over it and complains at the end, when it was reached.
func (m *machine) unresolvedKfunc(in *instr) outcome {
	if in.Insn.Off != 0 {
		return m.unsupported("kfunc of a module")
	}
	if in.Insn.Imm != 0 {
		return m.unsupported("kfunc without a prototype")
	}
	m.missingKfunc = true
	return next
}

// kfuncUnderLock reports whether a kfunc may be called with a spin lock held.
func (m *machine) kfuncUnderLock(f *kfunc) bool {
	switch s := f.special; {
	case s == kfuncRefcountAcquire, s >= kfuncListPush && s <= kfuncGraph:
		return true
	case s == kfuncIterNum, s >= kfuncResLock && s <= kfuncResUnlockRestore:
		return m.rules.kfuncs.locked
	case s == kfuncArena, s == kfuncStream:
		return m.rules.kfuncs.lockedStreams
	}
	return false
}

// kfuncRelease gives back the resource of a releasing kfunc's argument.
func (m *machine) kfuncRelease(c *kfuncCall) bool {
	if c.special == kfuncDynptrFileDiscard {
		return m.giveBackDynptr(1)
	}
	if c.released == 0 {
		return true
	}
	r := m.reg(c.released)
	if m.orphans(r.ref) {
		return false
	}
	if r.isNull() || m.giveBack(r.ref) {
		return true
	}
	m.fail("EINVAL", "kfunc %s#%d reference has not been acquired before", c.name, c.id)
	return false
}
