package absint

import "github.com/bpflint/bpflint/cfg"

// instr is an instruction with all that can be known before it is executed.
type instr struct {
	cfg.Insn
	op    opcode
	size  uint8 // slots
	marks mark
	turn  turn
	live  uint16 // registers that are read before they are written, from here on
	bytes uint8  // width of a memory access
	fn    int32  // calls and function addresses: the function
	to    int32  // of a jump
	bad   string // the kernel's message about fields that should be zero
	imm   uint64 // the constant of a move or of a 64-bit load, sign-extended
}

// mark says what pruning needs to know about a slot.
type mark uint8

const (
	markJoin    mark = 1 << iota // states are compared and remembered here
	markTarget                   // control may come from elsewhere than the slot before
	markForce                    // a state is always remembered
	markObserve                  // Options.Observe or Options.Trace want the state
	markSeen                     // some path came here
	markSpill                    // one of a spill and a fill around a call; see fastcall.go
)

// opcode selects the step function of an instruction.
type opcode uint8

const (
	opInvalid opcode = iota
	opALU            // two operands
	opMOV
	opNEG
	opEND
	opLoad
	opStore
	opStoreImm
	opAtomic
	opConst // 64-bit constants
	opPacketLoad
	opJump
	opBranch
	opMayGoto
	opCallLocal
	opCallHelper
	opCallKfunc
	opExit
	opcodeCount
)

var steps = [opcodeCount]func(*machine, *instr) outcome{}

func init() {
	steps = [opcodeCount]func(*machine, *instr) outcome{
		opInvalid:    (*machine).stepInvalid,
		opALU:        (*machine).stepALU,
		opMOV:        (*machine).stepMOV,
		opNEG:        (*machine).stepNEG,
		opEND:        (*machine).stepEND,
		opLoad:       (*machine).stepLoad,
		opStore:      (*machine).stepStore,
		opStoreImm:   (*machine).stepStoreImm,
		opAtomic:     (*machine).stepAtomic,
		opConst:      (*machine).stepConst,
		opPacketLoad: (*machine).stepPacketLoad,
		opJump:       (*machine).stepJump,
		opBranch:     (*machine).stepBranch,
		opMayGoto:    (*machine).stepMayGoto,
		opCallLocal:  (*machine).stepCallLocal,
		opCallHelper: (*machine).stepCallHelper,
		opCallKfunc:  (*machine).stepCallKfunc,
		opExit:       (*machine).stepExit,
	}
}

func (in *instr) is64() bool          { c := in.Class(); return c == cfg.ClassALU64 || c == cfg.ClassJMP }
func (in *instr) hasSrc() bool        { return in.Op&cfg.SrcX != 0 }
func (in *instr) code() uint8         { return in.Op & 0xf0 }
func (in *instr) isMemSX() bool       { return in.Op&0xe0 == cfg.ModeMEMSX }
func widthOf(op uint8) uint8          { return [4]uint8{4, 2, 1, 8}[op>>3&3] }
func aluName(code uint8) string       { return aluNames[code>>4] }
func (m *machine) here() int32        { return m.cur.insn }
func (m *machine) reg(r uint8) *value { return &m.top.regs[r] }

// aluNames are the operators as the kernel's disassembler writes them.
var aluNames = [16]string{
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian",
}

// decode fills in what does not change while the program is explored.
func decode(insns []cfg.Insn, at int) instr {
	in := instr{Insn: insns[at], size: 1, fn: -1, imm: uint64(int64(insns[at].Imm))}
	switch in.Class() {
	case cfg.ClassALU, cfg.ClassALU64:
		in.op = aluOpcode(in.code())
		if in.op == opMOV && !in.is64() {
			in.imm = uint64(uint32(in.Insn.Imm))
		}
	case cfg.ClassLD:
		in.decodeLD(insns, at)
	case cfg.ClassLDX:
		in.op, in.bytes = opLoad, widthOf(in.Op)
	case cfg.ClassST:
		in.op, in.bytes = opStoreImm, widthOf(in.Op)
	case cfg.ClassSTX:
		in.op, in.bytes = opStore, widthOf(in.Op)
		if in.Op&0xe0 == cfg.ModeATOMIC {
			in.op = opAtomic
		}
	default:
		in.decodeJump(at)
	}
	return in
}

func aluOpcode(code uint8) opcode {
	switch code {
	case cfg.AluMOV:
		return opMOV
	case cfg.AluNEG:
		return opNEG
	case cfg.AluEND:
		return opEND
	}
	return opALU
}

func (in *instr) decodeLD(insns []cfg.Insn, at int) {
	switch {
	case in.Op == cfg.OpLDIMM64 && at+1 < len(insns):
		in.op, in.size = opConst, 2
		in.imm = uint64(uint32(insns[at].Imm)) | uint64(uint32(insns[at+1].Imm))<<32
	case in.Op&0xe0 == cfg.ModeABS, in.Op&0xe0 == cfg.ModeIND:
		in.op = opPacketLoad
	}
}

func (in *instr) decodeJump(at int) {
	switch in.code() {
	case cfg.JmpJA:
		in.op = opJump
		if in.hasSrc() {
			in.op = opInvalid // indirect jump
			return
		}
		in.to = cfg.JumpTarget(in.Insn, int32(at))
	case cfg.JmpCALL:
		in.op = opCallHelper
		switch in.Src() {
		case cfg.CallLocal:
			in.op = opCallLocal
		case cfg.CallKfunc:
			in.op = opCallKfunc
		}
	case cfg.JmpEXIT:
		in.op = opExit
	case cfg.JmpCOND:
		in.op = opMayGoto
		in.to = cfg.JumpTarget(in.Insn, int32(at))
	default:
		in.op = opBranch
		in.to = cfg.JumpTarget(in.Insn, int32(at))
	}
}
