package absint

import (
	"github.com/bpflint/bpflint/absint/precision"
	"github.com/bpflint/bpflint/cfg"
)

// maxFrames bounds the depth of calls in all kernels; rules.frames is the
// target's bound.
const maxFrames = precision.MaxFrames

// stackSlots is the number of 8-byte slots of a frame's stack.
const stackSlots = 512 / 8

// byteKind says what one byte of the stack holds.
type byteKind uint8

// What a byte of the stack holds. The zero value is a byte never written.
const (
	byteInvalid byteKind = iota
	byteSpill            // part of the slot's spilled value
	byteMisc             // something that is not tracked
	byteZero
	byteIter   // part of an iterator
	byteDynptr // part of a dynptr
	byteIRQ    // saved interrupts
)

// slot is 8 bytes of the stack. Slot 0 is right below the frame pointer, and
// bytes[0] is the byte at the slot's highest address.
type slot struct {
	bytes [8]byteKind
	// spill is meaningful while bytes[7] is byteSpill. A spill of fewer than 8
	// bytes occupies the lowest addresses, the last elements of bytes.
	spill value
}

func (s *slot) isSpill() bool       { return s.bytes[7] == byteSpill }
func (s *slot) isScalarSpill() bool { return s.isSpill() && s.spill.kind == kindScalar }

// spillSize returns the number of bytes that the spilled value occupies.
func (s *slot) spillSize() int {
	n := 0
	for i := 7; i >= 0 && s.bytes[i] == byteSpill; i-- {
		n++
	}
	return n
}

// stack is a frame's stack. It is shared by the states that have the same
// content, and copied by the first of them that writes.
type stack struct {
	owners int32
	slots  []slot // those ever touched; at most stackSlots
}

// frame is the activation of one function.
type frame struct {
	owners int32
	regs   [cfg.NumRegs]value
	stack  *stack

	role      role
	anyResult bool   // roleAsync: any number of 32 bits may be returned
	entries   uint32 // how many functions that are called later set each other up to get here
	turns     uint32 // of the loop that a helper called in this frame makes
	fn        int32  // index of the function
	act       int32  // index of the activation
	callsite  int32  // slot of the call that created the frame; -1 for the entry

	// Scalars whose value matters for what follows, by register and by slot.
	// Only remembered states carry such marks.
	preciseRegs  uint16
	preciseSlots uint64
}

// refKind is the kind of a resource that is held.
type refKind uint8

const (
	refPointer refKind = iota
	refIRQ             // saved interrupts
	refLock
	refResLock    // resilient lock
	refResLockIRQ // ... that was taken with interrupts saved
)

func (k refKind) isLock() bool { return k >= refLock }

// resource is something that must be given back before the program ends.
type resource struct {
	kind   refKind
	id     uint32
	parent uint32 // the resource that it is derived from, 0 for none
	insn   int32  // where it was acquired
	depth  int32  // of the callback that acquired it, 0 for none; see callbackRules.owned
	mapi   int32  // locks: the map whose value holds the lock
}

// maxRefs bounds the resources held at once. The kernel has no such limit;
// reaching it is reported as unsupported.
const maxRefs = 40

// state is everything that is known at one point of one path. The topmost
// frame belongs to the state alone, those below may be shared with others.
type state struct {
	frames [maxFrames]*frame
	depth  int32 // index of the topmost frame

	refs  [maxRefs]resource
	nrefs int32
	locks int32 // resources that are locks

	sections sections
	sleeps   bool   // what runs may sleep
	turns    uint32 // how often functions were called back on the path

	speculative bool
	mayGotos    int32 // turns of loops with may_goto on the path

	// parent is the remembered state that this one goes on from; trail holds
	// what happened since.
	parent *checkpoint
	trail  uint32 // index of the newest entry of machine.trail, 0 for none
	first  int32  // first slot since parent
	prev   int32  // slot executed before insn
	insn   int32  // slot to be executed next
}

func (s *state) top() *frame { return s.frames[s.depth] }
