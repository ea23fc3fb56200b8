package cfg

// Insn is one 8-byte instruction slot with the fields of RFC 9669, section 3.
// A 16-byte instruction takes two slots; the second has Op 0 and carries the
// upper half of the constant in Imm. Indices of instructions count slots, as
// the Linux verifier does.
type Insn struct {
	Imm  int32
	Off  int16
	Op   uint8
	Regs uint8 // destination in the low nibble, source in the high one
}

// Dst returns the destination register's number.
func (i Insn) Dst() uint8 { return i.Regs & 0x0f }

// Src returns the source register's number, or the pseudo value that says what
// a call or a 64-bit constant refers to.
func (i Insn) Src() uint8 { return i.Regs >> 4 }

// Class returns the instruction class, the low three bits of the opcode.
func (i Insn) Class() uint8 { return i.Op & 0x07 }

// MakeRegs packs two register numbers as Insn.Regs holds them.
func MakeRegs(dst, src uint8) uint8 { return dst&0x0f | src<<4 }

// Instruction classes (RFC 9669, section 3.1).
const (
	ClassLD    = 0x00
	ClassLDX   = 0x01
	ClassST    = 0x02
	ClassSTX   = 0x03
	ClassALU   = 0x04
	ClassJMP   = 0x05
	ClassJMP32 = 0x06
	ClassALU64 = 0x07
)

// Source operand of arithmetic and jump instructions.
const (
	SrcK = 0x00 // the immediate
	SrcX = 0x08 // the source register
)

// Arithmetic operations, the high four bits of the opcode (RFC 9669, 4.1).
const (
	AluADD  = 0x00
	AluSUB  = 0x10
	AluMUL  = 0x20
	AluDIV  = 0x30 // with Off 1: signed
	AluOR   = 0x40
	AluAND  = 0x50
	AluLSH  = 0x60
	AluRSH  = 0x70
	AluNEG  = 0x80
	AluMOD  = 0x90 // with Off 1: signed
	AluXOR  = 0xa0
	AluMOV  = 0xb0 // with Off 8, 16 or 32: sign-extending
	AluARSH = 0xc0
	AluEND  = 0xd0
)

// Jump operations (RFC 9669, 4.3).
const (
	JmpJA   = 0x00
	JmpJEQ  = 0x10
	JmpJGT  = 0x20
	JmpJGE  = 0x30
	JmpJSET = 0x40
	JmpJNE  = 0x50
	JmpJSGT = 0x60
	JmpJSGE = 0x70
	JmpCALL = 0x80
	JmpEXIT = 0x90
	JmpJLT  = 0xa0
	JmpJLE  = 0xb0
	JmpJSLT = 0xc0
	JmpJSLE = 0xd0
	JmpCOND = 0xe0 // may_goto, Linux 6.9
)

// Modes and sizes of load and store instructions (RFC 9669, 5).
const (
	ModeIMM    = 0x00
	ModeABS    = 0x20
	ModeIND    = 0x40
	ModeMEM    = 0x60
	ModeMEMSX  = 0x80
	ModeATOMIC = 0xc0

	SizeW  = 0x00
	SizeH  = 0x08
	SizeB  = 0x10
	SizeDW = 0x18
)

// Atomic operations, in the immediate of ModeATOMIC (RFC 9669, 5.3; the last
// two are Linux 6.15).
const (
	AtomicADD      = 0x00
	AtomicOR       = 0x40
	AtomicAND      = 0x50
	AtomicXOR      = 0xa0
	AtomicFETCH    = 0x01
	AtomicXCHG     = 0xe1
	AtomicCMPXCHG  = 0xf1
	AtomicLoadACQ  = 0x100
	AtomicStoreREL = 0x110
)

// Opcodes of instructions that are told apart by the whole byte.
const (
	OpLDIMM64 = ClassLD | ModeIMM | SizeDW
	OpCALL    = ClassJMP | JmpCALL
	OpCALLX   = ClassJMP | JmpCALL | SrcX
	OpEXIT    = ClassJMP | JmpEXIT
	OpJA      = ClassJMP | JmpJA
	OpJA32    = ClassJMP32 | JmpJA
	OpMayGoto = ClassJMP | JmpCOND
	OpJAX     = ClassJMP | JmpJA | SrcX // indirect, Linux 6.19
)

// What a call refers to: Src of OpCALL.
const (
	CallHelper = 0 // Imm is the helper's number
	CallLocal  = 1 // Imm is relative to the next instruction
	CallKfunc  = 2 // Imm is the function's ID in the kernel's BTF
)

// What a 64-bit constant refers to: Src of OpLDIMM64.
const (
	ConstValue    = 0
	ConstMap      = 1 // Imm is the index of a map
	ConstMapValue = 2 // Imm is the index of a map, the second slot's Imm an offset into its value
	ConstBTFID    = 3 // Imm is the ID of a variable in the kernel's BTF
	ConstFunc     = 4 // Imm is relative to the next instruction
	ConstMapIdx   = 5
	ConstMapIdxV  = 6
)

// NumRegs counts the registers a program may name: R0 to R9 and the frame pointer.
const NumRegs = 11

// FP is the number of the frame pointer.
const FP = 10

// IsWide reports whether this is the first slot of a 16-byte instruction.
func (i Insn) IsWide() bool { return i.Op == OpLDIMM64 }

// Size returns the number of slots that the instruction takes: 1 or 2.
func (i Insn) Size() int {
	if i.IsWide() {
		return 2
	}
	return 1
}

// IsJump reports whether the class is JMP or JMP32; calls and exit are jumps.
func (i Insn) IsJump() bool { return i.Class() == ClassJMP || i.Class() == ClassJMP32 }

// Operation returns the high four bits of the opcode of an arithmetic or jump
// instruction.
func (i Insn) Operation() uint8 { return i.Op & 0xf0 }

// Mode returns the addressing mode of a load or store.
func (i Insn) Mode() uint8 { return i.Op & 0xe0 }

// IsLocalCall reports whether the instruction calls a function of its program.
func (i Insn) IsLocalCall() bool { return i.Op == OpCALL && i.Src() == CallLocal }

// IsHelperCall reports whether the instruction calls a helper.
func (i Insn) IsHelperCall() bool { return i.Op == OpCALL && i.Src() == CallHelper }

// IsKfuncCall reports whether the instruction calls a kernel function.
func (i Insn) IsKfuncCall() bool { return i.Op == OpCALL && i.Src() == CallKfunc }

// IsFuncRef reports whether the instruction loads the address of a function of
// its program, to be passed as a callback.
func (i Insn) IsFuncRef() bool { return i.Op == OpLDIMM64 && i.Src() == ConstFunc }
