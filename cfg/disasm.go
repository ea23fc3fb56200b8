package cfg

import (
	"fmt"

	"github.com/bpflint/bpflint/internal/linux"
)

// Printer writes instructions word for word as the verifier of a kernel prints
// them in its log. The zero value prints as the newest kernel does.
type Printer struct {
	// Kernel is the release whose wording is wanted: older kernels do not
	// know the names of newer instructions. Zero means the newest.
	Kernel linux.Version
	// Kfunc returns the name of a kernel function that is called.
	Kfunc func(call Insn) string
	// Map returns the name of the map at an index, "" for none. Where it is set,
	// references to maps are printed by name, which no kernel does.
	Map func(index int32) string
	// HidePointers prints 0 for constants that are addresses, as the kernel
	// does for a user who may not see them.
	HidePointers bool
}

// Disasm prints the instruction at a slot as the newest kernel would:
// "(b7) r0 = 0".
func Disasm(insns []Insn, pc int) string { return Printer{}.Insn(insns, pc) }

// Insn prints the instruction at a slot, with its opcode in front. A 16-byte
// instruction is printed as a whole at its first slot.
func (p Printer) Insn(insns []Insn, pc int) string {
	insn := insns[pc]
	text, prefixed := p.text(insns, pc)
	if !prefixed {
		return text
	}
	return fmt.Sprintf("(%02x) %s", insn.Op, text)
}

// Text prints the instruction without its opcode.
func (p Printer) Text(insns []Insn, pc int) string {
	text, _ := p.text(insns, pc)
	return text
}

// text reports also whether the kernel puts the opcode in front.
func (p Printer) text(insns []Insn, pc int) (text string, prefixed bool) {
	insn := insns[pc]
	switch insn.Class() {
	case ClassALU, ClassALU64:
		text = p.alu(insn)
	case ClassJMP, ClassJMP32:
		text = p.jump(insn)
	case ClassLDX:
		text = p.load(insn)
	case ClassLD:
		text = p.loadLegacy(insns, pc)
	case ClassST:
		text = p.storeImm(insn)
	case ClassSTX:
		text = p.store(insn)
	}
	if text != "" {
		return text, true
	}
	return fmt.Sprintf(bugFormat[insn.Class()], insn.Op), false
}

// bugFormat is what a kernel prints for what it has no words for.
var bugFormat = [8]string{
	ClassLD: "BUG_ld_%02x", ClassLDX: "BUG_ldx_%02x", ClassST: "BUG_st_%02x", ClassSTX: "BUG_%02x",
	ClassALU64: "BUG_alu64_%02x", ClassALU: "BUG_alu_%02x", ClassJMP: "BUG_jmp_%02x", ClassJMP32: "BUG_jmp32_%02x",
}

func (p Printer) kernel() linux.Version {
	if (p.Kernel == linux.Version{}) {
		targets := linux.Targets()
		return targets[len(targets)-1]
	}
	return p.Kernel
}

// has reports whether the wording of a feature's instructions is known.
func (p Printer) has(f linux.Feature) bool { return p.kernel().Has(f) }

var aluSign = [16]string{
	AluADD >> 4: "+=", AluSUB >> 4: "-=", AluMUL >> 4: "*=", AluDIV >> 4: "/=", AluOR >> 4: "|=", AluAND >> 4: "&=",
	AluLSH >> 4: "<<=", AluRSH >> 4: ">>=", AluNEG >> 4: "neg", AluMOD >> 4: "%=", AluXOR >> 4: "^=",
	AluMOV >> 4: "=", AluARSH >> 4: "s>>=", AluEND >> 4: "endian",
}

var jumpSign = [16]string{
	JmpJA >> 4: "jmp", JmpJEQ >> 4: "==", JmpJGT >> 4: ">", JmpJGE >> 4: ">=", JmpJSET >> 4: "&", JmpJNE >> 4: "!=",
	JmpJSGT >> 4: "s>", JmpJSGE >> 4: "s>=", JmpCALL >> 4: "call", JmpEXIT >> 4: "exit", JmpJLT >> 4: "<",
	JmpJLE >> 4: "<=", JmpJSLT >> 4: "s<", JmpJSLE >> 4: "s<=",
}

// nullString is what a kernel's printf makes of a name that it lacks.
const nullString = "(null)"

func sign(table *[16]string, op uint8) string {
	if s := table[op>>4]; s != "" {
		return s
	}
	return nullString
}

func regLetter(is32 bool) byte {
	if is32 {
		return 'w'
	}
	return 'r'
}

// offAddrSpaceCast and offPercpu are values of Off that make a mov something
// else.
const (
	offAddrSpaceCast = 1
	offPercpu        = -1
)

func (p Printer) alu(i Insn) string {
	is32 := i.Class() == ClassALU
	reg := regLetter(is32)
	movX := i.Op == ClassALU64|AluMOV|SrcX
	switch {
	case i.Operation() == AluEND:
		return p.endian(i)
	case i.Operation() == AluNEG:
		return fmt.Sprintf("%c%d = -%c%d", reg, i.Dst(), reg, i.Dst())
	case movX && i.Off == offAddrSpaceCast && p.has(linux.Arena):
		// The two numbers are address spaces.
		return fmt.Sprintf("r%d = addr_space_cast(r%d, %d, %d)", i.Dst(), i.Src(), uint32(i.Imm)>>16, uint16(i.Imm))
	case movX && i.Off == offPercpu && p.has(linux.Arena):
		return fmt.Sprintf("r%d = &(void __percpu *)(r%d)", i.Dst(), i.Src())
	}
	op, cast := sign(&aluSign, i.Operation()), ""
	if p.has(linux.ISAv4) {
		if (i.Operation() == AluDIV || i.Operation() == AluMOD) && i.Off == 1 {
			op = "s" + op
		}
		if i.Operation() == AluMOV && i.Op&SrcX != 0 && (i.Off == 8 || i.Off == 16 || i.Off == 32) {
			cast = fmt.Sprintf("(s%d)", i.Off)
		}
	}
	if i.Op&SrcX != 0 {
		return fmt.Sprintf("%c%d %s %s%c%d", reg, i.Dst(), op, cast, reg, i.Src())
	}
	return fmt.Sprintf("%c%d %s %d", reg, i.Dst(), op, i.Imm)
}

func (p Printer) endian(i Insn) string {
	name := "le"
	switch {
	case i.Class() == ClassALU64 && !p.has(linux.ISAv4):
		return ""
	case i.Class() == ClassALU64:
		name = "bswap"
	case i.Op&SrcX != 0:
		name = "be"
	}
	return fmt.Sprintf("r%d = %s%d r%d", i.Dst(), name, i.Imm, i.Dst())
}

var sizeBits = [4]string{SizeW >> 3: "32", SizeH >> 3: "16", SizeB >> 3: "8", SizeDW >> 3: "64"}

// mem prints a memory operand: "*(u32 *)(r1 +4)".
func mem(i Insn, base uint8) string { return "*" + addr(i, base) }

func addr(i Insn, base uint8) string { return fmt.Sprintf("(u%s *)(r%d %+d)", bits(i), base, i.Off) }

func bits(i Insn) string { return sizeBits[i.Op>>3&3] }

func (p Printer) load(i Insn) string {
	switch {
	case i.Mode() == ModeMEM:
		return fmt.Sprintf("r%d = %s", i.Dst(), mem(i, i.Src()))
	case i.Mode() == ModeMEMSX && p.has(linux.ISAv4):
		if i.Op&SizeDW == SizeDW {
			return fmt.Sprintf("r%d = *(%s *)(r%d %+d)", i.Dst(), nullString, i.Src(), i.Off)
		}
		return fmt.Sprintf("r%d = *(s%s *)(r%d %+d)", i.Dst(), bits(i), i.Src(), i.Off)
	}
	return ""
}

func (p Printer) loadLegacy(insns []Insn, pc int) string {
	i := insns[pc]
	switch {
	case i.Mode() == ModeABS:
		return fmt.Sprintf("r0 = *(u%s *)skb[%d]", bits(i), i.Imm)
	case i.Mode() == ModeIND:
		return fmt.Sprintf("r0 = *(u%s *)skb[r%d + %d]", bits(i), i.Src(), i.Imm)
	case i.IsWide() && pc+1 < len(insns):
		if name := p.mapName(i); name != "" && i.Src() == ConstMap {
			return fmt.Sprintf("r%d = map[%s]", i.Dst(), name)
		} else if name != "" {
			return fmt.Sprintf("r%d = &map[%s] +%d", i.Dst(), name, insns[pc+1].Imm)
		}
		value := uint64(uint32(insns[pc+1].Imm))<<32 | uint64(uint32(i.Imm))
		if p.HidePointers && i.Src() != ConstValue && i.Src() != ConstFunc {
			value = 0
		}
		return fmt.Sprintf("r%d = 0x%x", i.Dst(), value)
	}
	return ""
}

// mapName returns the name of the map that an instruction refers to.
func (p Printer) mapName(i Insn) string {
	if p.Map == nil || i.Src() != ConstMap && i.Src() != ConstMapValue {
		return ""
	}
	return p.Map(i.Imm)
}

func (p Printer) storeImm(i Insn) string {
	switch {
	case i.Mode() == ModeMEM:
		return fmt.Sprintf("%s = %d", mem(i, i.Dst()), i.Imm)
	}
	return ""
}

func (p Printer) store(i Insn) string {
	switch i.Mode() {
	case ModeMEM:
		return fmt.Sprintf("%s = r%d", mem(i, i.Dst()), i.Src())
	case ModeATOMIC:
		return p.atomic(i)
	}
	return ""
}

func (p Printer) atomic(i Insn) string {
	if i.Imm == AtomicADD && !p.has(linux.AtomicFetch) || p.has(linux.AtomicFetch) && isPlainAtomic(i.Imm) {
		return fmt.Sprintf("lock %s %s r%d", mem(i, i.Dst()), sign(&aluSign, uint8(i.Imm)), i.Src())
	}
	width := ""
	if i.Op&SizeDW == SizeDW {
		width = "64"
	}
	switch {
	case !p.has(linux.AtomicFetch):
	case i.Imm == AtomicCMPXCHG:
		return fmt.Sprintf("r0 = atomic%s_cmpxchg(%s, r0, r%d)", width, addr(i, i.Dst()), i.Src())
	case i.Imm == AtomicXCHG:
		return fmt.Sprintf("r%d = atomic%s_xchg(%s, r%d)", i.Src(), width, addr(i, i.Dst()), i.Src())
	case i.Imm&AtomicFETCH != 0 && isPlainAtomic(i.Imm&^AtomicFETCH):
		return fmt.Sprintf("r%d = atomic%s_fetch_%s(%s, r%d)", i.Src(), width, fetchName[i.Imm>>4&0xf], addr(i, i.Dst()), i.Src())
	case i.Imm == AtomicLoadACQ && p.has(linux.LoadAcquire):
		return fmt.Sprintf("r%d = load_acquire(%s)", i.Dst(), addr(i, i.Src()))
	case i.Imm == AtomicStoreREL && p.has(linux.LoadAcquire):
		return fmt.Sprintf("store_release(%s, r%d)", addr(i, i.Dst()), i.Src())
	}
	return ""
}

var fetchName = [16]string{AtomicADD >> 4: "add", AtomicOR >> 4: "or", AtomicAND >> 4: "and", AtomicXOR >> 4: "xor"}

func isPlainAtomic(imm int32) bool {
	return imm == AtomicADD || imm == AtomicOR || imm == AtomicAND || imm == AtomicXOR
}

func (p Printer) jump(i Insn) string {
	is32 := i.Class() == ClassJMP32
	reg := regLetter(is32)
	switch {
	case i.Operation() == JmpCALL:
		return p.call(i)
	case i.Op == OpJA:
		return fmt.Sprintf("goto pc%+d", i.Off)
	case i.Op == OpJAX && p.has(linux.IndirectJump):
		return fmt.Sprintf("gotox r%d", i.Dst())
	case i.Op == OpMayGoto && i.Src() == 0 && p.has(linux.MayGoto):
		return fmt.Sprintf("may_goto pc%+d", i.Off)
	case i.Op == OpJA32 && p.has(linux.ISAv4):
		return fmt.Sprintf("gotol pc%+d", i.Imm)
	case i.Op == OpEXIT:
		return "exit"
	case i.Op&SrcX != 0:
		return fmt.Sprintf("if %c%d %s %c%d goto pc%+d", reg, i.Dst(), sign(&jumpSign, i.Operation()), reg, i.Src(), i.Off)
	}
	return fmt.Sprintf("if %c%d %s 0x%x goto pc%+d", reg, i.Dst(), sign(&jumpSign, i.Operation()), uint32(i.Imm), i.Off)
}

func (p Printer) call(i Insn) string {
	if i.Src() == CallLocal {
		return fmt.Sprintf("call pc%+d", i.Imm)
	}
	name := "unknown"
	switch {
	case i.Src() == CallHelper || !p.has(linux.KfuncCalls):
		name = linux.For(p.kernel()).HelperName(uint32(i.Imm))
	case i.Src() == CallKfunc && i.Imm == 0:
		name = "" // of type 0, void
	case i.Src() == CallKfunc:
		name = "kernel-function"
		if p.Kfunc != nil {
			name = orElse(p.Kfunc(i), name)
		}
	}
	return fmt.Sprintf("call %s#%d", name, i.Imm)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
