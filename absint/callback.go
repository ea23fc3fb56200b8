package absint

import (
	"math"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// role says what calls a frame's function.
type role uint8

const (
	roleCalled role = iota // an instruction, or nobody
	roleSync               // a helper or kfunc, before it returns
	roleAsync              // the kernel, some time later, on a stack of its own
)

// callbackRules says how the target kernel treats callbacks.
type callbackRules struct {
	converge bool // a callback is followed again until its turns are alike
	owned    bool // resources belong to the callback that acquired them
	packets  bool // packet loads are refused within callbacks
	records  bool // messages about fields of map values are all alike
	maps     bool // one call may walk several maps
	constant bool // what a helper passes as a dynptr is known not to be the program's own
	notMain  bool // the program itself is no callback
	tails    bool // tail calls are refused within callbacks
	awake    bool // whether a callback may sleep does not depend on the program
}

func callbackRulesFor(v linux.Release) callbackRules {
	return callbackRules{
		converge: v.Has(linux.FuncConverge),
		owned:    !v.Has(linux.MachineMergedLeaks),
		packets:  v.Has(linux.CallbackPacketLoads),
		records:  v.Has(linux.FuncRecords),
		maps:     v.Has(linux.FuncManyMaps),
		constant: v.Has(linux.FuncConstDynptr),
		notMain:  v.Has(linux.FuncNotMain),
		tails:    v.Has(linux.FuncTailCalls),
		awake:    v.Has(linux.FuncAwake),
	}
}

// constFunc loads the address of a function, to be passed as a callback.
func (m *machine) constFunc(in *instr, dst *value) outcome {
	if !m.prog.ExtInfo {
		return m.fail("EINVAL", "missing btf func_info")
	}
	if p := m.prog.FuncAt(int(m.funcs[in.fn].start)); p.Type == nil || p.Type.Linkage != btf.StaticFunc {
		return m.fail("EINVAL", "callback function not static")
	}
	if in.fn == 0 && m.rules.callbacks.notMain {
		return m.fail("EINVAL", "callback function cannot be the main program")
	}
	*dst = pointer(kindFunc)
	dst.size = uint32(in.fn)
	return next
}

// callbackArgs are the arguments that a function is called back with; those
// that it does not get are as none.
type callbackArgs [argRegs]value

func noArguments() (args callbackArgs) {
	for i := range args {
		args[i] = none
	}
	return args
}

// eachElement is for maps whose elements can be walked.
var eachElement = []ebpf.MapType{
	ebpf.Array, ebpf.PerCPUArray, ebpf.Hash, ebpf.LRUHash, ebpf.PerCPUHash, ebpf.LRUCPUHash,
}

// elementArgs are the map, a key and a value.
func elementArgs(mapi int32, uid uint32, first value) callbackArgs {
	args := noArguments()
	args[0] = first
	args[1], args[2] = pointer(kindMapKey), pointer(kindMapValue)
	for i := 1; i <= 2; i++ {
		args[i].mapi, args[i].uid = mapi, uid
	}
	return args
}

// fieldArgs are what the function gets that a field of a map's value is about.
func fieldArgs(mapi int32, uid uint32) callbackArgs {
	first := pointer(kindConstMap)
	first.mapi, first.uid = mapi, uid
	return elementArgs(mapi, uid, first)
}

// callBack follows the function that a helper calls, if it does.
func (m *machine) callBack(c *helperCall) bool {
	switch c.ID {
	case helperForEachMapElem:
		if !m.sameMapAsBefore(c) {
			return false
		}
		if !slices.Contains(eachElement, m.maps[c.mapi].kind) {
			m.fail("ENOTSUPP", "callback function not allowed for map")
			return false
		}
		args := elementArgs(c.mapi, c.uid, *m.reg(1))
		args[3] = *m.reg(3)
		return m.callNow(c, &args)
	case helperLoop:
		return m.loopHelper(c)
	case helperFindVMA:
		vma, ok := m.findStruct("vm_area_struct")
		if !ok {
			return false
		}
		args := noArguments()
		args[0], args[1], args[2] = *m.reg(1), typedPointer(vma, 0), *m.reg(4)
		return m.callNow(c, &args)
	case helperUserRingbufDrain:
		args := noArguments()
		args[0], args[1] = m.localDynptr(), *m.reg(3)
		return m.callNow(c, &args)
	case helperTimerSetCallback:
		args := fieldArgs(c.mapi, c.uid)
		return m.callLater(c.fn, &args, false) != nil
	}
	return true
}

// sameMapAsBefore refuses a second map at one call, where the kernel does not
// know which one it walks. It compares with what other paths brought.
func (m *machine) sameMapAsBefore(c *helperCall) bool {
	if m.rules.callbacks.maps {
		return true
	}
	for _, w := range m.walked {
		if w.insn == m.here() {
			return w.mapi == c.mapi || m.fail("EINVAL", "tail_call abusing map_ptr") != failed
		}
	}
	m.walked = append(m.walked, walkedMap{m.here(), c.mapi})
	return true
}

// walkedMap is the map whose elements a call was seen to walk.
type walkedMap struct{ insn, mapi int32 }

// loopHelper follows another turn of bpf_loop, unless all are done. How many
// there are decides about what follows; so does a zero in the flags, with which
// the kernel makes a plain loop of the call.
func (m *machine) loopHelper(c *helperCall) bool {
	if m.reg(4).isNull() {
		m.needReg(4)
	}
	if m.rules.callbacks.converge {
		if turns := m.reg(1); turns.kind != kindScalar {
			if m.rules.saysBugs {
				m.fail("EFAULT", "verifier bug: backtracking misuse")
			} else {
				m.fail("EACCES", "R1 type=%s expected=%s", m.spell(turns), kindNames[kindScalar])
			}
			return false
		}
		m.needReg(1)
		if uint64(m.top.turns) >= m.reg(1).num.UMax {
			m.top.turns = 0
			return true
		}
	}
	args := noArguments()
	args[0], args[1] = unknown(), *m.reg(3)
	return m.callNow(c, &args)
}

// callNow calls a function before the helper returns. Kernels that do not look
// for convergence enter it once, when the caller is as the helper leaves it.
func (m *machine) callNow(c *helperCall, args *callbackArgs) bool {
	if m.rules.callbacks.converge {
		return m.callTurn(c.fn, args)
	}
	m.funcs[c.fn].callback = true
	c.args, c.enters = *args, true
	return true
}

// callTurn queues another turn of the present call's loop: it goes through the
// function and comes back to the call. The present path goes on behind it.
func (m *machine) callTurn(fn int32, args *callbackArgs) bool {
	m.funcs[fn].callback = true
	s := m.fork(m.funcs[fn].start)
	if s == nil || !m.pushCallback(s, fn, args) {
		return false
	}
	s.turns++
	s.frames[s.depth-1].turns++
	m.top.turns = 0
	return true
}

// pushCallback puts the frame of a function that is called back on top of s.
func (m *machine) pushCallback(s *state, fn int32, args *callbackArgs) bool {
	if !m.passesAll(fn) {
		return false
	}
	if s.depth+1 >= m.rules.frames {
		m.fail("E2BIG", "the call stack of %d frames is too deep", s.depth+2)
		return false
	}
	f := m.callbackFrame(fn, m.here(), args)
	f.role = roleSync
	f.act = m.chains.call(s.top().act, m.here(), fn)
	s.depth++
	f.regs[cfg.FP].frame = uint8(s.depth)
	s.frames[s.depth] = f
	return true
}

func (m *machine) callbackFrame(fn, callsite int32, args *callbackArgs) *frame {
	f := m.newFrame(fn, callsite)
	copy(f.regs[1:], args[:])
	return f
}

// enterCallback enters the function that a helper calls once.
func (m *machine) enterCallback(c *helperCall) outcome {
	m.charge()
	if !m.pushCallback(&m.cur, c.fn, &c.args) {
		return failed
	}
	m.top = m.cur.top()
	m.cur.insn = m.funcs[c.fn].start
	return jumped
}

// callLater queues a function that the kernel will call some time. It starts
// with a stack of its own, whatever the present path holds.
func (m *machine) callLater(fn int32, args *callbackArgs, sleeps bool) *frame {
	m.funcs[fn].callback, m.funcs[fn].later = true, true
	if len(m.pending) >= maxPending {
		m.fail("E2BIG", "The sequence of %d jumps is too complex for async cb.", len(m.pending)+1)
		return nil
	}
	f := m.callbackFrame(fn, -1, args)
	f.role, f.entries = roleAsync, m.top.entries+1
	f.act = m.chains.root(fn)
	m.pending = append(m.pending, pending{kept: uint32(len(m.trail)), walked: len(m.trace.steps), logged: len(m.journal.text)})
	s := &m.pending[len(m.pending)-1].state
	start := m.funcs[fn].start
	*s = state{prev: -1, first: start, insn: start}
	s.frames[0] = f
	s.sleeps = sleeps || m.programSleeps() && !m.rules.callbacks.awake
	return f
}

// callbackResults bounds what callbacks return: 1 ends a loop early.
const maxCallbackResult = 1

// leaveCallback goes back to the helper that called the present function.
func (m *machine) leaveCallback() outcome {
	r0 := m.reg(0)
	if r0.kind != kindScalar {
		return m.fail("EACCES", "R0 not a scalar value")
	}
	m.needReg(0)
	if !m.resultWithin(0, 0, maxCallbackResult, "At callback return") {
		return failed
	}
	at := m.top.callsite
	if !m.rules.callbacks.converge {
		m.dropTop(at + 1)
		return jumped
	}
	m.dropTop(at)
	m.widen(m.turnBefore(at, nil), &m.cur)
	m.top = m.cur.top()
	return jumped
}

// inCallback reports whether the path is in a function that a helper called, or
// in what that calls.
func (m *machine) inCallback() bool {
	for i := int32(0); i <= m.cur.depth; i++ {
		if m.cur.frames[i].role == roleSync {
			return true
		}
	}
	return false
}

// checkLaterResult checks what a function returns that the kernel calls later,
// in the register that checkResult looks at.
func (m *machine) checkLaterResult(r uint8) outcome {
	if !m.readable(r) {
		return failed
	}
	r0 := m.reg(r)
	if m.secret(r0) {
		return m.fail("EACCES", "R%d leaks addr as return value", r)
	}
	if r0.kind != kindScalar {
		if m.rules.resultBits {
			return m.fail("EINVAL", "In async callback the register R%d is not a known value (%s)", r, r0.name())
		}
		return m.fail("EINVAL", "At async callback return the register R%d is not a known value (%s)", r, r0.name())
	}
	lo, hi := int64(0), int64(0)
	if m.cur.frames[0].anyResult {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	where := "At async callback return"
	if m.rules.resultBits {
		where = "At async callback"
	} else {
		m.needReg(r)
	}
	if !m.resultWithin(r, lo, hi, where) {
		return failed
	}
	return ended
}

// markCallback marks calls of helpers that call back: loops go round there, and
// before a function is queued states are compared.
func (m *machine) markCallback(at int32) {
	h := m.hook.kernel.Helper(uint32(m.insns[at].Insn.Imm))
	switch {
	case h == nil:
	case h.Has(linux.SyncCallback) && m.rules.callbacks.converge:
		m.markTurn(at, turnCallback)
	case h.Has(linux.AsyncCallback):
		m.insns[at].marks |= markJoin
	}
}

// returnsTo returns the slot at which the caller of a frame goes on.
func (m *machine) returnsTo(f *frame) int32 {
	if f.role == roleSync && m.rules.callbacks.converge {
		return f.callsite
	}
	return f.callsite + 1
}

// entersAnew reports whether the present path and the one that c lies on came
// to a function that is called later by different ways. That such paths are
// alike does not mean that they go round for ever.
func (m *machine) entersAnew(c *checkpoint) bool {
	f := c.state.top()
	return f.role == roleAsync && f.entries != m.top.entries
}
