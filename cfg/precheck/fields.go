package precheck

import (
	"fmt"
	"slices"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// fieldRule says which values the fields of some instructions may have.
type fieldRule struct {
	op, mask     uint8           // for opcodes whose bits under mask are op
	off          *int16          // ... with this Off
	needs, lacks []linux.Feature // ... on kernels with and without these
	dst, src     []uint8         // allowed values; nil for all
	offs         []int16
	imms         []int32
	message      string
	withImm      bool // the message ends with the immediate
	withOff      bool // ... and has the offset before
}

var (
	zeroReg = []uint8{0}
	zeroOff = []int16{0}
	zeroImm = []int32{0}
	oneOff  = int16(1)
)

// Masks that ignore parts of an opcode.
const (
	wholeOp  = 0xff
	noSize   = 0xe7 // of loads and stores
	noSource = 0xf7 // of arithmetic and jumps
	class    = 0x07
	classSrc = class | cfg.SrcX
)

// fieldRules stand so that the first rule that applies to an instruction on a
// kernel is the one that counts.
var fieldRules = buildFieldRules()

func buildFieldRules() []fieldRule {
	var rules []fieldRule
	add := func(r ...fieldRule) { rules = append(rules, r...) }
	for _, c := range []uint8{cfg.ClassALU, cfg.ClassALU64} {
		add(
			fieldRule{op: c | cfg.AluNEG, mask: noSource, src: zeroReg, offs: zeroOff, imms: zeroImm, message: "BPF_NEG uses reserved fields"},
			fieldRule{op: c | cfg.AluEND, mask: noSource, src: zeroReg, offs: zeroOff, imms: []int32{16, 32, 64}, message: "BPF_END uses reserved fields"},
		)
		movOffs := []int16{0, 8, 16}
		if c == cfg.ClassALU64 {
			movOffs = append(movOffs, 32)
			add(fieldRule{op: c | cfg.AluMOV | cfg.SrcX, mask: wholeOp, off: &oneOff, needs: []linux.Feature{linux.Arena}, imms: []int32{1, 1 << 16},
				message: "addr_space_cast insn can only convert between address space 1 and 0"})
		}
		add(
			fieldRule{op: c | cfg.AluMOV | cfg.SrcX, mask: wholeOp, needs: []linux.Feature{linux.ISAv4}, offs: movOffs, imms: zeroImm, message: movReserved},
			fieldRule{op: c | cfg.AluMOV | cfg.SrcX, mask: wholeOp, offs: zeroOff, imms: zeroImm, message: movReserved},
			fieldRule{op: c | cfg.AluMOV, mask: wholeOp, src: zeroReg, offs: zeroOff, message: movReserved},
		)
		for _, division := range []uint8{cfg.AluDIV, cfg.AluMOD} {
			add(
				fieldRule{op: c | division | cfg.SrcX, mask: wholeOp, needs: []linux.Feature{linux.ISAv4}, offs: []int16{0, 1}, imms: zeroImm, message: aluReserved},
				fieldRule{op: c | division, mask: wholeOp, needs: []linux.Feature{linux.ISAv4}, src: zeroReg, offs: []int16{0, 1}, message: aluReserved},
			)
		}
		add(
			fieldRule{op: c | cfg.SrcX, mask: classSrc, offs: zeroOff, imms: zeroImm, message: aluReserved},
			fieldRule{op: c, mask: classSrc, src: zeroReg, offs: zeroOff, message: aluReserved},
		)
	}
	add(memoryRules...)
	add(jumpRules...)
	return rules
}

const (
	movReserved = "BPF_MOV uses reserved fields"
	aluReserved = "BPF_ALU uses reserved fields"
	jmpReserved = "BPF_JMP/JMP32 uses reserved fields"
	ldReserved  = "BPF_LD_[ABS|IND] uses reserved fields"
)

var memoryRules = []fieldRule{
	{op: cfg.ClassLDX, mask: class, imms: zeroImm, message: "BPF_LDX uses reserved fields"},
	{op: cfg.ClassST, mask: class, src: zeroReg, message: "BPF_ST uses reserved fields"},
	{op: cfg.ClassSTX | cfg.ModeMEM, mask: noSize, imms: zeroImm, message: "BPF_STX uses reserved fields"},
	{op: cfg.ClassLD | cfg.ModeABS, mask: noSize, dst: zeroReg, src: zeroReg, offs: zeroOff, message: ldReserved},
	{op: cfg.ClassLD | cfg.ModeIND, mask: noSize, dst: zeroReg, offs: zeroOff, message: ldReserved},
	{op: cfg.OpLDIMM64, mask: wholeOp, offs: zeroOff, message: "BPF_LD_IMM64 uses reserved fields"},
	// The second half of a 16-byte instruction, jumped to.
	{op: 0, mask: wholeOp, imms: []int32{}, message: "invalid BPF_LD_IMM insn"},
}

var (
	callReserved = "BPF_CALL uses reserved fields"

	jumpRules = []fieldRule{
		{op: cfg.OpCALL, mask: wholeOp, lacks: []linux.Feature{linux.KfuncCalls}, dst: zeroReg, src: []uint8{cfg.CallHelper, cfg.CallLocal}, offs: zeroOff, message: callReserved},
		{op: cfg.OpCALL, mask: wholeOp, dst: zeroReg, src: []uint8{cfg.CallHelper, cfg.CallLocal, cfg.CallKfunc}, message: callReserved},
		{op: cfg.OpJA, mask: wholeOp, dst: zeroReg, src: zeroReg, imms: zeroImm, message: "BPF_JA uses reserved fields"},
		{op: cfg.OpJA32, mask: wholeOp, dst: zeroReg, src: zeroReg, offs: zeroOff, message: "BPF_JA uses reserved fields"},
		{op: cfg.OpJAX, mask: wholeOp, src: zeroReg, offs: zeroOff, imms: zeroImm, message: "BPF_JA|BPF_X uses reserved fields"},
		{op: cfg.OpEXIT, mask: wholeOp, dst: zeroReg, src: zeroReg, imms: zeroImm, message: "BPF_EXIT uses reserved fields"},
		{op: cfg.OpMayGoto, mask: wholeOp, needs: []linux.Feature{linux.MayGotoToNext}, dst: zeroReg, src: zeroReg, imms: zeroImm, message: "invalid may_goto", withImm: true},
		{op: cfg.OpMayGoto, mask: wholeOp, dst: zeroReg, src: zeroReg, imms: zeroImm, message: "invalid may_goto", withImm: true, withOff: true},
		{op: cfg.ClassJMP | cfg.SrcX, mask: classSrc, imms: zeroImm, message: jmpReserved},
		{op: cfg.ClassJMP, mask: classSrc, src: zeroReg, message: jmpReserved},
		{op: cfg.ClassJMP32 | cfg.SrcX, mask: classSrc, imms: zeroImm, message: jmpReserved},
		{op: cfg.ClassJMP32, mask: classSrc, src: zeroReg, message: jmpReserved},
	}
)

// Fields knows which fields of instructions a kernel wants to be zero.
type Fields struct {
	rules [256][]fieldRule // by opcode
	early bool
}

// FieldsOf returns the rules of a kernel. They are shared.
func FieldsOf(k linux.Version) *Fields { return encodingOf(k).fields }

func newFields(k linux.Version) *Fields {
	f := &Fields{early: k.Has(linux.EarlyFields)}
	for op := range f.rules {
		for _, r := range fieldRules {
			if uint8(op)&r.mask == r.op && hasAll(k, r.needs) && !slices.ContainsFunc(r.lacks, k.Has) {
				f.rules[op] = append(f.rules[op], r)
			}
		}
	}
	return f
}

// Early reports whether the kernel checks all fields, and the numbers of
// registers, before it explores; otherwise it checks them, in EINVAL and with
// the same words, each time it comes to an instruction, and loads (LDX) before.
func (f *Fields) Early() bool { return f.early }

// Check returns what the kernel says of an instruction whose fields it refuses,
// "" when they are fine. It is not asked about unknown opcodes.
func (f *Fields) Check(i cfg.Insn) string {
	for _, r := range f.rules[i.Op] {
		if r.off != nil && *r.off != i.Off {
			continue
		}
		if r.allows(i) {
			return ""
		}
		return r.say(i)
	}
	return ""
}

func (r *fieldRule) allows(i cfg.Insn) bool {
	if i.Op == cfg.OpCALL && i.Src() != cfg.CallKfunc && i.Off != 0 {
		return false // only kfunc calls have a use for it
	}
	if r.withOff && i.Off == 0 {
		return false
	}
	return (r.dst == nil || slices.Contains(r.dst, i.Dst())) &&
		(r.src == nil || slices.Contains(r.src, i.Src())) &&
		(r.offs == nil || slices.Contains(r.offs, i.Off)) &&
		(r.imms == nil || slices.Contains(r.imms, i.Imm))
}

func (r *fieldRule) say(i cfg.Insn) string {
	switch {
	case r.withOff:
		return fmt.Sprintf("%s off %d imm %d", r.message, i.Off, i.Imm)
	case r.withImm:
		return fmt.Sprintf("%s imm %d", r.message, i.Imm)
	}
	return r.message
}
