package cfg

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Options say what the slots alone do not.
type Options struct {
	// Entries are starts of functions that no call refers to, such as an
	// exception callback.
	Entries []int32
	// JumpTable returns the targets of the indirect jump at a slot, in
	// ascending order and each once. Without it indirect jumps are errors.
	JumpTable func(slot int32) []int32
	// Throws reports whether a kfunc call is one of bpf_throw.
	Throws func(call Insn) bool
}

func (o *Options) jumpTable(slot int32) []int32 {
	if o.JumpTable == nil {
		return nil
	}
	return o.JumpTable(slot)
}

// flow is where control goes from one instruction within its function.
type flow struct {
	fall  int32 // next instruction; -1 for none
	taken int32 // target of a jump; -1 for none, math.MinInt32 for one outside the program
	table bool  // an indirect jump
}

// flowOf reads the flow from an instruction; targets may be out of range.
func flowOf(insns []Insn, slot int32) flow {
	insn := insns[slot]
	f := flow{fall: slot + int32(insn.Size()), taken: -1}
	if !insn.IsJump() {
		return f
	}
	switch insn.Operation() {
	case JmpCALL:
	case JmpEXIT:
		f.fall = -1
	case JmpJA:
		f.fall = -1
		if insn.Op == OpJAX {
			f.table = true
			break
		}
		f.taken = JumpTarget(insn, slot)
	default:
		f.taken = JumpTarget(insn, slot)
	}
	return f
}

// JumpTarget returns the slot to which the direct jump at a slot leads when it
// is taken; math.MinInt32 when that lies before the program or beyond what an
// int32 holds.
func JumpTarget(insn Insn, slot int32) int32 {
	delta := int64(insn.Off)
	if insn.Op == OpJA32 {
		delta = int64(insn.Imm)
	}
	target := int64(slot) + 1 + delta
	if target < 0 || target > math.MaxInt32 {
		return math.MinInt32
	}
	return int32(target)
}

// ErrMalformed is wrapped by all errors of Build.
var ErrMalformed = errors.New("malformed program")

func malformed(slot int32, format string, args ...any) error {
	return fmt.Errorf("%w: insn %d: %s", ErrMalformed, slot, fmt.Sprintf(format, args...))
}

// Build makes the graph of a program. It takes time and memory linear in the
// number of slots, but for sorting the functions' starts. It fails when control
// could leave the program other than by an exit, when a jump leads into the
// middle of an instruction or to another function, and for an empty program;
// unreachable instructions and recursion are fine.
func Build(insns []Insn, opts Options) (*Graph, error) {
	if len(insns) == 0 {
		return nil, fmt.Errorf("%w: no instructions", ErrMalformed)
	}
	if len(insns) >= math.MaxInt32/2 {
		return nil, fmt.Errorf("%w: %d instructions are too many", ErrMalformed, len(insns))
	}
	b := builder{Graph: &Graph{Insns: insns, opts: opts}, marks: make([]mark, len(insns)+1)}
	if err := b.findFuncs(); err != nil {
		return nil, err
	}
	if err := b.findLeaders(); err != nil {
		return nil, err
	}
	b.makeBlocks()
	b.connect()
	b.sort()
	return b.Graph, nil
}

// With builds the graph of the same program with other instructions, one for
// one, such as jumps in the place of branches that are decided.
func (g *Graph) With(insns []Insn) (*Graph, error) { return Build(insns, g.opts) }

// mark is what is known of one slot while a graph is built.
type mark uint8

const (
	funcStart  mark = 1 << iota
	leader          // starts a block
	secondHalf      // of a 16-byte instruction
)

type builder struct {
	*Graph
	marks []mark // by slot, and one for the end
}

// findFuncs marks second halves and finds where functions start: at slot 0 and
// at the targets of local calls and function constants.
func (b *builder) findFuncs() error {
	n := int32(len(b.Insns))
	b.marks[0] = funcStart
	count := 1
	addStart := func(from int32, target int64) error {
		if target < 0 || target >= int64(n) {
			return malformed(from, "function at %d is outside the program", target)
		}
		if b.marks[target]&funcStart == 0 {
			b.marks[target] |= funcStart
			count++
		}
		return nil
	}
	for _, entry := range b.opts.Entries {
		if err := addStart(entry, int64(entry)); err != nil {
			return err
		}
	}
	for i := int32(0); i < n; i++ {
		insn := b.Insns[i]
		if insn.IsLocalCall() || insn.IsFuncRef() {
			if err := addStart(i, int64(i)+1+int64(insn.Imm)); err != nil {
				return err
			}
		}
		if insn.IsWide() {
			i++
			if i == n {
				return malformed(i-1, "the second half of a 16-byte instruction is missing")
			}
			if b.Insns[i].Op != 0 {
				return malformed(i-1, "the second half of a 16-byte instruction has an opcode")
			}
			b.marks[i] |= secondHalf
		}
	}
	b.Funcs = make([]Func, 0, count)
	for i, m := range b.marks[:n] {
		if m&funcStart != 0 {
			if m&secondHalf != 0 {
				return malformed(int32(i), "a function starts in the middle of an instruction")
			}
			b.Funcs = append(b.Funcs, Func{Start: int32(i)})
		}
	}
	for i := range b.Funcs[:len(b.Funcs)-1] {
		b.Funcs[i].End = b.Funcs[i+1].Start
	}
	b.Funcs[len(b.Funcs)-1].End = n
	return nil
}

// findLeaders checks all jumps and marks where blocks start.
func (b *builder) findLeaders() error {
	for _, f := range b.Funcs {
		b.marks[f.Start] |= leader
		for i := f.Start; i < f.End; i += int32(b.Insns[i].Size()) {
			if err := b.checkFlow(f, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) checkFlow(f Func, slot int32) error {
	flow := flowOf(b.Insns, slot)
	if flow.fall >= f.End {
		return malformed(slot, "control falls off the end of the function")
	}
	if flow.fall >= 0 && flow.taken == -1 && !flow.table {
		return nil // not the end of a block
	}
	b.marks[min(slot+int32(b.Insns[slot].Size()), int32(len(b.Insns)))] |= leader
	if flow.taken != -1 {
		if err := b.markTarget(f, slot, flow.taken); err != nil {
			return err
		}
	}
	if !flow.table {
		return nil
	}
	if b.opts.JumpTable == nil {
		return malformed(slot, "indirect jump without a table")
	}
	for _, target := range b.opts.jumpTable(slot) {
		if err := b.markTarget(f, slot, target); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) markTarget(f Func, slot, target int32) error {
	switch {
	case target < f.Start || target >= f.End:
		return malformed(slot, "jump leaves the function")
	case b.marks[target]&secondHalf != 0:
		return malformed(slot, "jump to %d, into the middle of an instruction", target)
	}
	b.marks[target] |= leader
	return nil
}

func (b *builder) makeBlocks() {
	count := 0
	for _, m := range b.marks[:len(b.Insns)] {
		if m&leader != 0 {
			count++
		}
	}
	b.Blocks = make([]Block, 0, count)
	b.BlockOf = make([]int32, len(b.Insns))
	for f := range b.Funcs {
		fn := &b.Funcs[f]
		fn.FirstBlock = int32(len(b.Blocks))
		for i := fn.Start; i < fn.End; i++ {
			if b.marks[i]&leader != 0 {
				b.Blocks = append(b.Blocks, Block{Start: i, Func: int32(f)})
			}
			block := &b.Blocks[len(b.Blocks)-1]
			block.End = i + 1
			if b.marks[i]&secondHalf == 0 {
				block.Last = i
			}
			b.BlockOf[i] = int32(len(b.Blocks) - 1)
		}
		fn.EndBlock = int32(len(b.Blocks))
	}
}

// connect lists successors and predecessors of all blocks.
func (b *builder) connect() {
	n := len(b.Blocks)
	b.succ = csr{start: make([]int32, n+1), items: make([]int32, 0, 2*n)}
	b.pred = csr{start: make([]int32, n+2)}
	for i := range b.Blocks {
		b.succ.items = b.appendBlockSuccs(b.succ.items, int32(i))
		b.succ.start[i+1] = int32(len(b.succ.items))
		for _, s := range b.succ.at(int32(i)) {
			b.pred.start[s+2]++
		}
	}
	for i := 2; i < len(b.pred.start); i++ {
		b.pred.start[i] += b.pred.start[i-1]
	}
	b.pred.items = make([]int32, len(b.succ.items))
	for i := range b.Blocks {
		for _, s := range b.succ.at(int32(i)) {
			b.pred.items[b.pred.start[s+1]] = int32(i)
			b.pred.start[s+1]++
		}
	}
	b.pred.start = b.pred.start[:n+1]
}

func (b *builder) appendBlockSuccs(dst []int32, block int32) []int32 {
	from := len(dst)
	dst = b.AppendSuccs(dst, b.Blocks[block].Last)
	for i := from; i < len(dst); i++ {
		dst[i] = b.BlockOf[dst[i]]
	}
	slices.Sort(dst[from:])
	return dst[:from+len(slices.Compact(dst[from:]))]
}

// sort finds the reverse post-order of each function.
func (b *builder) sort() {
	n := len(b.Blocks)
	b.RPO = make([]int32, 0, n)
	b.order = make([]int32, n)
	for i := range b.order {
		b.order[i] = -1
	}
	walk := dfs{next: make([]int32, n), stack: make([]int32, 0, n), seen: make([]bool, n)}
	for f := range b.Funcs {
		fn := &b.Funcs[f]
		fn.firstRPO = int32(len(b.RPO))
		b.RPO = walk.postorder(b.RPO, &b.succ, fn.FirstBlock)
		slices.Reverse(b.RPO[fn.firstRPO:])
		fn.endRPO = int32(len(b.RPO))
	}
	for i, block := range b.RPO {
		b.order[block] = int32(i)
	}
}

// dfs is the state of depth-first searches that do not recurse; it is kept
// between the functions of a program.
type dfs struct {
	next  []int32 // successor to look at next, by block
	stack []int32
	seen  []bool
}

// postorder appends the blocks that root reaches, each after the blocks that it
// reaches first.
func (d *dfs) postorder(out []int32, succ *csr, root int32) []int32 {
	d.seen[root] = true
	d.stack = append(d.stack[:0], root)
	for len(d.stack) > 0 {
		block := d.stack[len(d.stack)-1]
		succs := succ.at(block)
		if int(d.next[block]) == len(succs) {
			out = append(out, block)
			d.stack = d.stack[:len(d.stack)-1]
			continue
		}
		s := succs[d.next[block]]
		d.next[block]++
		if !d.seen[s] {
			d.seen[s] = true
			d.stack = append(d.stack, s)
		}
	}
	return out
}
