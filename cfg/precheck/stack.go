package precheck

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// FuncUse is what exploration found out about a function.
type FuncUse struct {
	Stack     int  // bytes of its frame that are used
	Callback  bool // some helper or kfunc calls it
	Async     bool // ... later, on a stack of its own, as timers do; exception handlers too
	Exception bool // it handles exceptions
	Global    bool // proved on its own
}

// CheckStack sums up frames over all call chains, as the kernel does after
// exploration, and returns the verdict on them. There is one FuncUse for each
// of the program's functions. throws reports calls of bpf_throw and may be nil.
func CheckStack(p *prog.Program, use []FuncUse, throws func(cfg.Insn) bool) *Reject {
	c := newChecker(p)
	if r := c.findFunctions(); r != nil {
		return r
	}
	s := &stackSum{checker: c, use: use, throws: throws, passed: make([][]chain, len(c.starts)), private: make([]privacy, len(c.starts))}
	s.scan()
	private := s.privateStack()
	for i := range s.starts {
		if s.has(linux.AsyncFirst) {
			i = len(s.starts) - 1 - i
		}
		if i != 0 && !use[i].Async {
			continue
		}
		s.mayBePrivate = i == 0 && private
		if r := s.enter(i, nil, chain{}); r != nil {
			return r
		}
	}
	return nil
}

// MinStack returns a lower bound of each function's frame: the deepest access
// through the frame pointer itself.
func MinStack(p *prog.Program) []int {
	c := newChecker(p)
	if c.findFunctions() != nil {
		return nil
	}
	out := make([]int, len(c.starts))
	for fn := range c.starts {
		for i := c.starts[fn]; i < c.end(fn); i++ {
			insn := c.insns[i]
			base := insn.Dst()
			if insn.Class() == cfg.ClassLDX {
				base = insn.Src()
			} else if insn.Class() != cfg.ClassST && insn.Class() != cfg.ClassSTX {
				continue
			}
			if base == cfg.FP {
				out[fn] = max(out[fn], -int(insn.Off))
			}
		}
	}
	return out
}

// chain is a way from an entry down to a function.
type chain struct {
	depth    int  // bytes of the frames above
	frame    int  // frames above, since the last global function where that counts
	calls    int  // frames above
	callback bool // one of them is a callback
}

// maxCalls bounds chains of global functions that call each other in code which
// is never reached; no sound program comes near it.
const maxCalls = 512

// worse reports whether what is fine for c is fine for o.
func (c chain) worse(o chain) bool {
	return c.depth >= o.depth && c.frame >= o.frame && (c.callback || !o.callback)
}

// privacy says where a function's frame lies.
type privacy uint8

const (
	undecided privacy = iota
	shared            // on the kernel's stack
	private
)

type stackSum struct {
	*checker
	use          []FuncUse
	throws       func(cfg.Insn) bool
	tailCalls    []bool // by function
	packetLoads  []bool
	private      []privacy
	mayBePrivate bool
	passed       [][]chain // by function: chains that were fine, so that none is walked twice
}

// scan looks for what the sums depend on.
func (s *stackSum) scan() {
	s.tailCalls = make([]bool, len(s.starts))
	s.packetLoads = make([]bool, len(s.starts))
	for fn := range s.starts {
		s.tailCalls[fn] = s.find(fn, isTailCall) >= 0
		s.packetLoads[fn] = s.find(fn, isPacketLoad) >= 0
	}
}

// privateStack reports whether frames of the program and the functions that it
// calls may lie outside the kernel's stack: in programs that can run again
// while they run only once on each CPU, and without tail calls.
func (s *stackSum) privateStack() bool {
	if !s.has(linux.PrivateStack) {
		return false
	}
	for _, t := range s.tailCalls {
		if t {
			return false
		}
	}
	switch p := s.prog; p.Type {
	case ebpf.Kprobe, ebpf.TracePoint, ebpf.PerfEvent, ebpf.RawTracepoint:
		return true
	case ebpf.Tracing:
		return p.AttachType != ebpf.AttachTraceIter
	case ebpf.LSM:
		return p.AttachType != ebpf.AttachLSMCgroup
	}
	return false
}

// frameSize rounds a frame up as the kernel counts it.
func (s *stackSum) frameSize(fn int) int {
	if n := s.use[fn].Stack; s.has(linux.JITStackUnits) {
		return (n + 15) &^ 15
	} else {
		return (max(n, 1) + 31) &^ 31
	}
}

// enter checks a function at the end of a chain, and all that it calls. callers
// are the functions of the chain, outermost first.
func (s *stackSum) enter(fn int, callers []int, above chain) *Reject {
	above.callback = above.callback || s.use[fn].Callback
	for _, c := range s.passed[fn] {
		if c.worse(above) {
			return nil
		}
	}
	if s.packetLoads[fn] && above.callback && s.has(linux.CallbackPacketLoads) {
		return reject(Stack, int(s.starts[fn]), "EINVAL", "cannot use BPF_LD_[ABS|IND] within callback")
	}
	if fn != 0 && s.tailCalls[fn] && above.depth >= s.limits.StackBelowTail {
		return reject(Stack, int(s.starts[fn]), "EACCES",
			"tail_calls are not allowed when call stack of previous frames is %d bytes. Too large", above.depth)
	}
	depth, r := s.addFrame(fn, above)
	if r != nil {
		return r
	}
	callers = append(callers, fn)
	for slot := s.starts[fn]; slot < s.end(fn); slot++ {
		if r := s.follow(fn, slot, callers, above, depth); r != nil {
			return r
		}
	}
	if s.tailCalls[fn] && s.has(linux.AsyncFirst) {
		for _, caller := range callers[:len(callers)-1] {
			if s.use[caller].Exception {
				return reject(Stack, int(s.starts[fn]), "EINVAL", "cannot tail call within exception cb")
			}
		}
	}
	s.passed[fn] = append(s.passed[fn], above)
	return nil
}

// addFrame returns the depth below a function's own frame.
func (s *stackSum) addFrame(fn int, above chain) (int, *Reject) {
	size := s.frameSize(fn)
	if !s.mayBePrivate {
		s.private[fn] = shared
	} else if s.private[fn] == undecided && size >= s.limits.PrivateStack {
		s.private[fn] = private
	}
	if s.private[fn] == private {
		if size > s.limits.Stack {
			return 0, reject(Stack, int(s.starts[fn]), "EACCES", "stack size of subprog %d is %d. Too large", fn, size)
		}
		return above.depth, nil
	}
	if depth := above.depth + size; depth > s.limits.Stack {
		return 0, reject(Stack, int(s.starts[fn]), "EACCES", "combined stack size of %d calls is %d. Too large", above.calls+1, depth)
	}
	return above.depth + size, nil
}

// follow goes from an instruction to the function that it calls, if it does.
func (s *stackSum) follow(fn int, slot int32, callers []int, above chain, depth int) *Reject {
	insn := s.insns[slot]
	if insn.IsKfuncCall() && insn.Off == 0 && s.throws != nil && s.throws(insn) && above.callback {
		return reject(Stack, int(slot), "EINVAL", "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d", slot, fn)
	}
	takesAddress := insn.IsFuncRef() && s.has(linux.FuncConstants)
	if !insn.IsLocalCall() && !takesAddress {
		return nil
	}
	callee := s.funcAt(slot + 1 + insn.Imm)
	if s.use[callee].Async {
		if takesAddress {
			return nil
		}
		if s.use[callee].Exception {
			return reject(Stack, int(slot), "EINVAL", "insn %d cannot call exception cb directly", slot)
		}
	}
	below := chain{depth: depth, frame: above.frame + 1, calls: above.calls + 1, callback: above.callback}
	if s.has(linux.FramesFromGlobal) && s.use[callee].Global {
		below.frame = 0
	}
	if below.frame >= s.limits.Frames || below.calls > maxCalls {
		return reject(Depth, int(slot), "E2BIG", "the call stack of %d frames is too deep !", below.frame).toward(int(s.starts[callee]))
	}
	return s.enter(callee, callers, below)
}
