package cfg

import "slices"

// RegSet is a set of registers, one bit each.
type RegSet uint16

// Has reports whether a register is in the set.
func (s RegSet) Has(reg uint8) bool { return s>>reg&1 != 0 }

func regBit(reg uint8) RegSet { return 1 << reg }

const (
	allRegs     RegSet = 1<<16 - 1
	callerSaved RegSet = 0x3f // R0 to R5
)

// UseDef returns the registers that an instruction reads and those that it
// overwrites whole. Loads from packets and instructions without a meaning read
// all, as the kernel takes it (since 6.16). A call reads R1 to R(args).
func UseDef(i Insn, args int) (use, def RegSet) {
	dst, src := regBit(i.Dst()), regBit(i.Src())
	operand := RegSet(0)
	if i.Op&SrcX != 0 {
		operand = src
	}
	switch i.Class() {
	case ClassLD:
		if i.IsWide() {
			return 0, dst
		}
	case ClassLDX:
		if i.Mode() == ModeMEM || i.Mode() == ModeMEMSX {
			return src, dst
		}
	case ClassST:
		if i.Mode() == ModeMEM {
			return dst, 0
		}
	case ClassSTX:
		switch i.Mode() {
		case ModeMEM:
			return dst | src, 0
		case ModeATOMIC:
			return useDefAtomic(i.Imm, dst, src)
		}
	case ClassALU, ClassALU64:
		switch i.Operation() {
		case AluEND:
			return dst, dst
		case AluMOV:
			return operand, dst
		}
		return dst | operand, dst
	case ClassJMP, ClassJMP32:
		return useDefJump(i, args, dst, operand), useDefJumpDef(i)
	}
	return allRegs, 0
}

func useDefAtomic(op int32, dst, src RegSet) (use, def RegSet) {
	switch {
	case op == AtomicCMPXCHG:
		return regBit(0) | dst | src, regBit(0)
	case op == AtomicLoadACQ:
		return src, dst
	case op == AtomicStoreREL:
		return dst | src, 0
	case op&AtomicFETCH != 0:
		return dst | src, src
	}
	return dst | src, 0
}

func useDefJump(i Insn, args int, dst, operand RegSet) RegSet {
	switch i.Operation() {
	case JmpJA:
		if i.Op&SrcX != 0 {
			return dst
		}
		return 0
	case JmpCOND:
		return 0
	case JmpEXIT:
		return regBit(0)
	case JmpCALL:
		return Args(args)
	}
	return dst | operand
}

// Args returns R1 to Rn, or to R5 for more.
func Args(n int) RegSet { return (regBit(uint8(min(n, 5))+1) - 1) &^ regBit(0) }

func useDefJumpDef(i Insn) RegSet {
	if i.Operation() == JmpCALL {
		return callerSaved
	}
	return 0
}

// Live returns the registers that are live before each instruction: those that
// some way from there reads before it overwrites them. Second slots and
// unreachable instructions have none. reads tells which registers the callee of
// the call at a slot reads; nil means R1 to R5 for all.
func (g *Graph) Live(reads func(call int32) RegSet) []RegSet {
	l := &liveness{Graph: g, reads: reads, blocks: make([]blockLive, len(g.Blocks)), live: make([]RegSet, len(g.Insns))}
	for _, b := range g.RPO {
		l.summarize(b)
	}
	l.solve()
	for _, b := range g.RPO {
		l.fill(b)
	}
	return l.live
}

type liveness struct {
	*Graph
	reads  func(call int32) RegSet
	blocks []blockLive
	live   []RegSet // by slot
}

// blockLive sums up a block.
type blockLive struct {
	use, def RegSet // read before it is written; written
	in       RegSet
	queued   bool
}

func (l *liveness) useDef(slot int32) (use, def RegSet) {
	insn := l.Insns[slot]
	use, def = UseDef(insn, 5)
	if l.reads != nil && insn.Op == OpCALL {
		use = l.reads(slot)
	}
	return use, def
}

func (l *liveness) summarize(b int32) {
	block, sum := l.Blocks[b], blockLive{queued: true}
	for slot := block.Start; slot <= block.Last; slot += int32(l.Insns[slot].Size()) {
		use, def := l.useDef(slot)
		sum.use |= use &^ sum.def
		sum.def |= def
	}
	l.blocks[b] = sum
}

// solve finds the least solution at the blocks' starts. A block is looked at
// again only after a successor's set grew, so at most 16 times a successor.
func (l *liveness) solve() {
	work := slices.Clone(l.RPO) // taken from the end, against the flow
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		block := &l.blocks[b]
		block.queued = false
		in := block.use | l.out(b)&^block.def
		if in == block.in {
			continue
		}
		block.in = in
		for _, p := range l.Preds(b) {
			if l.Reachable(p) && !l.blocks[p].queued {
				l.blocks[p].queued = true
				work = append(work, p)
			}
		}
	}
}

// out returns what is live at the end of a block.
func (l *liveness) out(b int32) (out RegSet) {
	for _, s := range l.Succs(b) {
		out |= l.blocks[s].in
	}
	return out
}

// fill goes backwards over a block, whose second slots have no opcode.
func (l *liveness) fill(b int32) {
	live, block := l.out(b), l.Blocks[b]
	for slot := block.Last; slot >= block.Start; slot-- {
		if slot > block.Start && l.Insns[slot-1].IsWide() {
			continue
		}
		use, def := l.useDef(slot)
		live = live&^def | use
		l.live[slot] = live
	}
}
