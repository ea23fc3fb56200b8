package vm

// op is an operation of the predecoded stream. Arithmetic comes in groups of
// four and jumps too, in the order of the variants below; the other operations
// stand alone.
type op uint8

// Variants of an arithmetic or jump operation, added to the group's first op.
const (
	var64X = iota // 64 bits, operand from a register
	var64K        // 64 bits, operand from the instruction
	var32X
	var32K
	variants
)

// Groups of arithmetic operations.
const (
	opAdd op = variants * iota
	opSub
	opMul
	opDiv
	opOr
	opAnd
	opLsh
	opRsh
	opMod
	opXor
	opMov
	opArsh
	opSdiv
	opSmod
	opJeq
	opJgt
	opJge
	opJset
	opJne
	opJsgt
	opJsge
	opJlt
	opJle
	opJslt
	opJsle
	opSingles
)

// Operations without variants.
const (
	opNeg64 = opSingles + iota
	opNeg32
	opSext64From8 // move with sign extension
	opSext64From16
	opSext64From32
	opSext32From8
	opSext32From16
	opZext16 // to little endian, on a little-endian machine
	opZext32
	opSwap16
	opSwap32
	opSwap64

	opLoad8
	opLoad16
	opLoad32
	opLoad64
	opLoadS8
	opLoadS16
	opLoadS32
	opStore8X
	opStore16X
	opStore32X
	opStore64X
	opStore8K
	opStore16K
	opStore32K
	opStore64K
	opLoadFrame8 // from the function's own stack; off counts from its lowest byte
	opLoadFrame16
	opLoadFrame32
	opLoadFrame64
	opStoreFrame8X
	opStoreFrame16X
	opStoreFrame32X
	opStoreFrame64X
	opStoreFrame8K
	opStoreFrame16K
	opStoreFrame32K
	opStoreFrame64K
	opAtomic // imm is what atomicOp packs

	opCast // between address spaces; imm is 1 to the arena's user space

	opMayGoto
	opMayGotoInit // at the start of a function that uses may_goto
	opCallLocal
	opCallFunc // imm indexes Code.calls
	opTailCall
	opExit
	opLegacyLoad // packet access of classic BPF, off is the size
	opProbe      // off indexes Code.probes; this and the next four are no instructions of the program
	opEnter      // where a function begins: off indexes Code.enters, imm Context.Counts
	opResume     // where a call comes back to
	opCounter    // imm indexes Context.Counts
	opAccess     // imm indexes Context.Counts, src is the pointer, off the size
	opEnd        // control must not get here
	opCount
)

// opJa is the greatest op: a switch whose cases reach from the least to the
// greatest value needs no check of its range.
const opJa op = 1<<8 - 1

// inst is one predecoded instruction. Jumps are relative to the next one.
type inst struct {
	op       op
	dst, src uint8
	off      int32
	imm      uint64
}
