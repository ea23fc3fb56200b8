package proof

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
)

// maxChecks bounds how many comparisons of one value are shown.
const maxChecks = 2

// origin follows the value that a program is refused for backward along the
// path that led there, through copies, the stack and calls, to where it was
// made. It looks at instructions only: what it cannot follow ends it.
type origin struct {
	code  []cfg.Insn
	path  []absint.Step
	at    int // in path: the step before which the value is at place
	place place

	pointer bool // the value is a pointer: only its place matters, not what is added to it
	offset  bool // ... until something variable is added, which is followed instead
	checks  int
	notes   []analysis.Related
}

// place is where a value lies: in a register, or in the stack of its function.
type place struct {
	depth   uint8 // of the function
	reg     uint8
	stack   int16 // offset from R10 when onStack
	onStack bool
}

// originOf explains where the value comes from that the kernel's message names,
// oldest first.
func originOf(code []cfg.Insn, res *absint.Result, id string) []analysis.Related {
	reg, ok := suspect(code, res)
	if !ok || len(res.Path) == 0 || int(res.Path[len(res.Path)-1].Insn) != res.Insn {
		return nil
	}
	last := len(res.Path) - 1
	known := &res.Known[reg]
	o := &origin{
		code: code, path: res.Path, at: last, place: place{depth: res.Path[last].Depth, reg: reg},
		pointer: known.Kind != "scalar", offset: id == "proof/memory-bounds",
	}
	for o.step() {
	}
	slices.Reverse(o.notes)
	if id == "proof/memory-bounds" && !known.Num.IsConst() {
		o.notes = append(o.notes, extent(reg, known))
	}
	return o.notes
}

var register = pattern(`\bR(\d+)\b`)

// suspect returns the register that a message is about: the first that it
// names, or else the one that an access goes through.
func suspect(code []cfg.Insn, res *absint.Result) (uint8, bool) {
	if res.Insn < 0 || res.Insn >= len(code) {
		return 0, false
	}
	if m := register().FindStringSubmatch(res.Message); m != nil {
		n, _ := strconv.Atoi(m[1])
		return uint8(n), n < cfg.FP
	}
	switch in := code[res.Insn]; in.Class() {
	case cfg.ClassLDX:
		return in.Src(), in.Src() != cfg.FP
	case cfg.ClassST, cfg.ClassSTX:
		return in.Dst(), in.Dst() != cfg.FP
	}
	return 0, false
}

// extent says how far a value reaches.
func extent(reg uint8, known *absint.Register) analysis.Related {
	what := fmt.Sprintf("R%d", reg)
	if known.Kind != "scalar" {
		what = fmt.Sprintf("the variable part of R%d", reg)
	}
	n := &known.Num
	text := fmt.Sprintf("%s is between %d and %d here", what, n.UMin, n.UMax)
	if n.SMin < 0 {
		text = fmt.Sprintf("%s is between %d and %d here", what, n.SMin, n.SMax)
	}
	return analysis.Related{Insn: -1, Message: text}
}

// note adds a note about a step. It returns false, for those who end with it.
func (o *origin) note(step int, message string) bool {
	o.notes = append(o.notes, analysis.Related{Insn: int(o.path[step].Insn), Message: message})
	return false
}

// step goes back by one step of the path. It returns false at the end.
func (o *origin) step() bool {
	if o.at == 0 {
		return false
	}
	o.at--
	s := o.path[o.at]
	in := o.code[s.Insn]
	switch {
	case s.Depth == o.place.depth:
		return o.back(in)
	case s.Depth < o.place.depth:
		return o.toCaller(in)
	}
	return o.toCallee(in, s.Depth)
}

// toCaller goes from the start of a function to the call of it.
func (o *origin) toCaller(call cfg.Insn) bool {
	if o.place.onStack || o.place.reg == 0 || o.place.reg > 5 {
		return false
	}
	o.place.depth = o.path[o.at].Depth
	if call.Op != cfg.OpCALL || call.Src() != cfg.CallLocal {
		return o.note(o.at, "the function that is called back gets the value from here")
	}
	return true
}

// toCallee goes from behind a call to the end of the function that was called,
// or over it when the value is not what it returned.
func (o *origin) toCallee(exit cfg.Insn, depth uint8) bool {
	call := o.at
	for call > 0 && o.path[call].Depth > o.place.depth {
		call--
	}
	in := o.code[o.path[call].Insn]
	local := in.Op == cfg.OpCALL && in.Src() == cfg.CallLocal
	if local && !o.place.onStack && o.place.reg == 0 && exit.Op == cfg.OpEXIT {
		o.place.depth = depth
		return true
	}
	if !local || !o.place.onStack || !o.pointer {
		o.at = call
		return o.back(in)
	}
	o.at = call
	return true
}

// back undoes an instruction of the function that has the value.
func (o *origin) back(in cfg.Insn) bool {
	if o.place.onStack {
		return o.backStack(in)
	}
	_, def := cfg.UseDef(in, 5)
	if !def.Has(o.place.reg) {
		o.check(in)
		return true
	}
	switch in.Class() {
	case cfg.ClassALU, cfg.ClassALU64:
		return o.backALU(in)
	case cfg.ClassLDX:
		if in.Src() == cfg.FP && in.Mode() == cfg.ModeMEM && in.Op&cfg.SizeDW == cfg.SizeDW {
			o.place.onStack, o.place.stack = true, in.Off
			return true
		}
		return o.note(o.at, "the value is read here")
	case cfg.ClassJMP:
		if o.place.reg != 0 {
			return o.note(o.at, "this call overwrites R1 to R5")
		}
		return o.note(o.at, "the value is the result of this call")
	case cfg.ClassSTX:
		return o.note(o.at, "the value is read here")
	}
	return o.note(o.at, "the value is set here")
}

// backALU undoes arithmetic.
func (o *origin) backALU(in cfg.Insn) bool {
	register := in.Op&cfg.SrcX != 0
	switch op := in.Operation(); {
	case op == cfg.AluMOV && register:
		o.place.reg = in.Src()
		return true
	case op == cfg.AluMOV:
		return o.note(o.at, "the value is set here")
	case !o.pointer || in.Class() == cfg.ClassALU:
		return o.note(o.at, "the value is computed here")
	case o.offset && register && (op == cfg.AluADD || op == cfg.AluSUB):
		o.note(o.at, "the variable part is added here")
		o.place.reg, o.pointer, o.offset = in.Src(), false, false
	}
	return true
}

// backStack undoes an instruction for a value on the stack. Calls may write to
// the stack; a pointer would not survive that.
func (o *origin) backStack(in cfg.Insn) bool {
	if in.IsJump() {
		return o.pointer || in.Operation() != cfg.JmpCALL
	}
	if in.Class() != cfg.ClassST && in.Class() != cfg.ClassSTX {
		return true
	}
	if in.Dst() != cfg.FP || in.Off != o.place.stack {
		return true
	}
	if in.Class() == cfg.ClassSTX && in.Mode() == cfg.ModeMEM {
		o.place.onStack, o.place.reg = false, in.Src()
		return true
	}
	return o.note(o.at, "the value is set here")
}

// check notes comparisons of a number.
func (o *origin) check(in cfg.Insn) {
	if o.pointer || !in.IsJump() || o.checks == maxChecks {
		return
	}
	switch in.Operation() {
	case cfg.JmpJA, cfg.JmpCALL, cfg.JmpEXIT, cfg.JmpCOND:
		return
	}
	if in.Dst() == o.place.reg || in.Op&cfg.SrcX != 0 && in.Src() == o.place.reg {
		o.checks++
		o.note(o.at, "the value is compared here")
	}
}

// acquired points to where resources were acquired that are still held.
func acquired(res *absint.Result) []analysis.Related {
	var list []analysis.Related
	for _, message := range res.Messages {
		if m := unreleased().FindStringSubmatch(message); m != nil {
			insn, _ := strconv.Atoi(m[1])
			list = append(list, analysis.Related{Insn: insn, Message: "it is acquired here"})
		}
	}
	return list
}

var unreleased = pattern(`^Unreleased reference id=\d+ alloc_insn=(\d+)`)
