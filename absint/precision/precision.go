// Package precision finds which earlier registers and stack slots a scalar was
// computed from.
//
// Two states that differ in scalars only are as good as equal when nothing
// behind them depends on what those scalars are. So whenever the value of a
// scalar decides something (a branch, an offset, a size), the instructions of
// the path are walked backward and the demand for exact knowledge is carried
// from results to operands. A Demand is what is asked for at one point of that
// walk; Back carries it over one instruction.
package precision

import "github.com/bpflint/bpflint/cfg"

// MaxFrames bounds the depth of calls in all kernels.
const MaxFrames = 16

// Demand is the set of registers and stack slots, frame by frame, whose values
// must be known exactly.
type Demand struct {
	Frame int32 // the frame that the instruction runs in
	Regs  [MaxFrames]uint16
	Slots [MaxFrames]uint64 // slot 0 is next to the frame pointer
}

// Flags say what an instruction did that its encoding does not tell.
type Flags uint8

// What a step did.
const (
	Stack    Flags = 1 << iota // accessed the stack slot that Step names
	DstStack                   // compared a stack pointer, in its destination register
	SrcStack                   // the same, in its source register
)

// Step is what was recorded when an instruction was executed.
type Step struct {
	Flags Flags
	Frame uint8 // with Stack: whose slot
	Slot  uint8
	// Linked are scalars that learnt something from each other here.
	Linked Linked
}

// Linked packs up to MaxLinked registers and stack slots.
type Linked uint64

// MaxLinked is the number of members that Linked can hold.
const MaxLinked = 6

// The layout of Linked: a count, then for each member its frame, whether it is
// a register, and the number of the register or slot.
const (
	countBits  = 4
	frameBits  = 3
	indexBits  = 6
	memberBits = frameBits + indexBits + 1
)

// Len returns the number of members.
func (l Linked) Len() int { return int(l & (1<<countBits - 1)) }

// Add returns l with another member; it must not be full.
func (l Linked) Add(frame int32, index int, isReg bool) Linked {
	member := uint64(frame) | uint64(index)<<frameBits
	if isReg {
		member |= 1 << (frameBits + indexBits)
	}
	return (l + 1) | Linked(member<<(countBits+memberBits*l.Len()))
}

// At returns the i-th member.
func (l Linked) At(i int) (frame int32, index int, isReg bool) {
	member := uint64(l) >> (countBits + memberBits*i)
	return int32(member & (1<<frameBits - 1)), int(member >> frameBits & (1<<indexBits - 1)),
		member>>(frameBits+indexBits)&1 != 0
}

// Reset empties d and places it in a frame.
func (d *Demand) Reset(frame int32) { *d = Demand{Frame: frame} }

// Empty reports whether nothing is asked for.
func (d *Demand) Empty() bool {
	var all uint64
	for i := range d.Regs {
		all |= uint64(d.Regs[i]) | d.Slots[i]
	}
	return all == 0
}

// HasReg reports whether a register of the present frame is asked for.
func (d *Demand) HasReg(r uint8) bool { return d.Regs[d.Frame]&(1<<r) != 0 }

// AddReg asks for a register of the present frame.
func (d *Demand) AddReg(r uint8) { d.Regs[d.Frame] |= 1 << r }

func (d *Demand) dropReg(r uint8) { d.Regs[d.Frame] &^= 1 << r }

// spread asks for all linked values when one of them is asked for.
func (d *Demand) spread(l Linked) {
	asked := false
	for i := range l.Len() {
		frame, index, isReg := l.At(i)
		if isReg {
			asked = asked || d.Regs[frame]&(1<<index) != 0
		} else {
			asked = asked || d.Slots[frame]&(1<<index) != 0
		}
	}
	if !asked {
		return
	}
	for i := range l.Len() {
		frame, index, isReg := l.At(i)
		if isReg {
			d.Regs[frame] |= 1 << index
		} else {
			d.Slots[frame] |= 1 << index
		}
	}
}

const argRegs = 0x3e // R1 to R5

// Tracking is how far a kernel follows values backward.
type Tracking struct {
	Calls    bool // into functions and out of them
	Pointers bool // to the stack through any pointer, not only the frame pointer
	Links    bool // to scalars that learnt from each other
}

// Back carries d from behind an instruction to before it. The path ran from
// slot at to slot after; insns are the program's. It returns false when it
// cannot tell, in which case everything has to be asked for.
func (d *Demand) Back(insns []cfg.Insn, at, after int32, step *Step, how Tracking) bool {
	in := insns[at]
	if in.Op == 0 {
		return true
	}
	if !how.Calls && entersOrLeaves(insns, at, after) {
		return false
	}
	known := *step
	if !how.Links {
		known.Linked = 0
	}
	if !how.Pointers && !throughFP(in) {
		known.Flags &^= Stack
	}
	step = &known
	d.spread(step.Linked)
	ok := true
	switch in.Class() {
	case cfg.ClassALU, cfg.ClassALU64:
		d.backALU(in)
	case cfg.ClassLDX:
		d.backLoad(in.Dst(), step)
	case cfg.ClassST:
		ok = d.backStore(in, step, false)
	case cfg.ClassSTX:
		ok = d.backSTX(in, step)
	case cfg.ClassJMP, cfg.ClassJMP32:
		ok = d.backJump(insns, in, at, after, step)
	case cfg.ClassLD:
		ok = d.backLD(in, at, after)
	}
	d.spread(step.Linked)
	return ok
}

func (d *Demand) backALU(in cfg.Insn) {
	if !d.HasReg(in.Dst()) {
		return
	}
	op := in.Op & 0xf0
	if op == cfg.AluEND || op == cfg.AluNEG {
		return
	}
	if op == cfg.AluMOV {
		d.dropReg(in.Dst())
	}
	if in.Op&cfg.SrcX != 0 && in.Src() != cfg.FP {
		d.AddReg(in.Src())
	}
}

// backLoad: what was filled from the stack is as exact as the slot; any other
// memory gives an unknown number, and the size of the access says it all.
func (d *Demand) backLoad(dst uint8, step *Step) {
	if !d.HasReg(dst) {
		return
	}
	d.dropReg(dst)
	if step.Flags&Stack != 0 {
		d.Slots[step.Frame] |= 1 << step.Slot
	}
}

func (d *Demand) backSTX(in cfg.Insn, step *Step) bool {
	if in.Op&0xe0 == cfg.ModeATOMIC {
		switch {
		case in.Imm == cfg.AtomicLoadACQ:
			d.backLoad(in.Dst(), step)
			return true
		case in.Imm == cfg.AtomicCMPXCHG:
			d.backLoad(0, step)
			return true
		case in.Imm != cfg.AtomicStoreREL && in.Imm&cfg.AtomicFETCH != 0:
			d.backLoad(in.Src(), step)
			return true
		}
	}
	return d.backStore(in, step, true)
}

func (d *Demand) backStore(in cfg.Insn, step *Step, fromReg bool) bool {
	if d.HasReg(in.Dst()) {
		return false // the address is a difference of pointers
	}
	if step.Flags&Stack == 0 || d.Slots[step.Frame]&(1<<step.Slot) == 0 {
		return true
	}
	d.Slots[step.Frame] &^= 1 << step.Slot
	if fromReg {
		d.AddReg(in.Src())
	}
	return true
}

func (d *Demand) backJump(insns []cfg.Insn, in cfg.Insn, at, after int32, step *Step) bool {
	switch op := in.Op & 0xf0; {
	case op == cfg.JmpCALL && in.Src() == cfg.CallLocal && after != at+1:
		return d.leaveCallee()
	case op == cfg.JmpCALL && after != at+1 && !leaves(in):
		d.Regs[d.Frame] &^= argRegs // the helper or kfunc made them up
		return d.leaveCallee()
	case op == cfg.JmpCALL:
		d.dropReg(0)
		if d.Regs[d.Frame]&argRegs != 0 {
			return false
		}
		return after == at+1 || d.push() // a tail call that left the function
	case op == cfg.JmpEXIT && returnsToHelper(insns, after):
		d.Regs[d.Frame] &^= argRegs // as above
		return d.push()
	case op == cfg.JmpEXIT:
		return d.enterCallee(after > 0 && insns[after-1].Op == cfg.OpCALL && insns[after-1].Src() == cfg.CallLocal)
	case op == cfg.JmpJA || op == cfg.JmpCOND || in.Op&cfg.SrcX == 0:
		return true
	}
	if !d.HasReg(in.Dst()) && !d.HasReg(in.Src()) {
		return true
	}
	if step.Flags&SrcStack == 0 {
		d.AddReg(in.Src())
	}
	if step.Flags&DstStack == 0 {
		d.AddReg(in.Dst())
	}
	return true
}

// entersOrLeaves reports whether control was passed between functions at a slot.
func entersOrLeaves(insns []cfg.Insn, at, after int32) bool {
	in := insns[at]
	return in.Op == cfg.OpEXIT || in.Op == cfg.OpCALL && (in.Src() == cfg.CallLocal || after != at+1)
}

// throughFP reports whether an access to memory names the frame pointer.
func throughFP(in cfg.Insn) bool {
	if in.Class() == cfg.ClassLDX {
		return in.Src() == cfg.FP
	}
	return in.Dst() == cfg.FP
}

// leaves reports whether a call of a helper is one that ends the function when
// it does not go on behind the call. Others then call a function back.
func leaves(call cfg.Insn) bool { return call.Src() == cfg.CallHelper && call.Imm == tailCall }

const tailCall = 12 // number of the helper

// returnsToHelper reports whether a function that went on at after was a
// callback, which goes back to the call that called it back. Other functions go
// on behind theirs.
func returnsToHelper(insns []cfg.Insn, after int32) bool {
	isCall := func(at int32, local bool) bool {
		return at >= 0 && insns[at].Op == cfg.OpCALL && (insns[at].Src() == cfg.CallLocal) == local
	}
	return isCall(after, false) && !isCall(after-1, true)
}

// leaveCallee walks from a function's first instruction to the call: what is
// still asked for are arguments.
func (d *Demand) leaveCallee() bool {
	if d.Frame == 0 || d.Regs[d.Frame]&^argRegs != 0 || d.Slots[d.Frame] != 0 {
		return false
	}
	args := d.Regs[d.Frame]
	d.Regs[d.Frame] = 0
	d.Frame--
	d.Regs[d.Frame] |= args
	return true
}

// enterCallee walks from behind a call to the exit of the function called.
func (d *Demand) enterCallee(returns bool) bool {
	if d.Frame == MaxFrames-1 || d.Regs[d.Frame]&argRegs != 0 {
		return false
	}
	result := returns && d.HasReg(0)
	d.dropReg(0)
	d.push()
	if result {
		d.AddReg(0)
	}
	return true
}

// push enters the frame of a function that was left. It returns false when
// there is no room.
func (d *Demand) push() bool {
	if d.Frame == MaxFrames-1 {
		return false
	}
	d.Frame++
	return true
}

func (d *Demand) backLD(in cfg.Insn, at, after int32) bool {
	mode := in.Op & 0xe0
	if mode == cfg.ModeABS || mode == cfg.ModeIND {
		if d.HasReg(0) {
			return false
		}
		return after == at+1 || d.push() // the packet was too short
	}
	d.dropReg(in.Dst())
	return true
}
