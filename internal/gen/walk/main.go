// Command walk reads random fields of random structs of the running kernel and
// compares what its verifier says with the abstract machine:
//
//	go run ./internal/gen/walk -n 50000
//
// Kernels with bpf_rdonly_cast are asked about all of their structs, others
// about what a tracepoint leads to.
package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/gen/campaign"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

var all = campaign.Campaign{Count: 50000, Show: 10}

func main() {
	all.Flags()
	campaign.Main("walk", run)
}

// tally counts outcomes.
type tally struct{ accepted, rejected, verdicts, messages int }

func run() (int, error) {
	kernel, err := oracle.Open()
	if err != nil {
		return 0, err
	}
	w, err := newWalker(kernel)
	if err != nil {
		return 0, err
	}
	session := kernel.NewSession()
	defer session.Close()
	var t tally
	if err := all.Each(func(seed uint64) error { return w.compare(session, seed, &t) }); err != nil {
		return 0, err
	}
	fmt.Printf("kernel %s, %d structs: %d accepted, %d rejected, %d verdicts differ, %d messages differ\n",
		kernel.Release(), len(w.structs), t.accepted, t.rejected, t.verdicts, t.messages)
	return t.verdicts + t.messages, nil
}

// compare asks both about the program of a seed.
func (w *walker) compare(session *oracle.Session, seed uint64, t *tally) error {
	p := w.program(rand.New(rand.NewPCG(seed, 0)))
	says, err := session.Load(p, oracle.Options{})
	if err != nil {
		return err
	}
	if says.Verdict == oracle.Skip {
		return fmt.Errorf("%s: %s", says.SkipReason, says.SkipDetail)
	}
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		return err
	}
	have, err := absint.Verify(p, g, absint.Options{})
	if err != nil {
		return err
	}
	if says.Verdict == oracle.Accept {
		t.accepted++
	} else {
		t.rejected++
	}
	switch {
	case have.Verdict.String() != string(says.Verdict):
		t.verdicts++
	case says.Verdict == oracle.Reject && (have.Message != says.Message || have.Insn != says.Insn):
		t.messages++
	default:
		return nil
	}
	if t.verdicts+t.messages <= all.Show {
		fmt.Printf("seed %d:\n  kernel: %s %q at %d\n  ours:   %s %q at %d\n", seed, says.Verdict, says.Message, says.Insn,
			have.Verdict, have.Message, have.Insn)
		for i, in := range p.Insns {
			fmt.Printf("  %d: %+v\n", i, in)
		}
	}
	return nil
}

// walker makes programs.
type walker struct {
	target  *prog.Target
	types   *btf.Types
	structs []btf.ID
	cast    btf.ID // bpf_rdonly_cast, 0 for none
	task    btf.ID
}

func newWalker(kernel *oracle.Kernel) (*walker, error) {
	target := kernel.Target()
	types, err := target.View()
	if err != nil || types == nil {
		return nil, fmt.Errorf("the kernel has no types: %w", err)
	}
	w := &walker{target: target, types: types}
	w.cast, _ = types.Find(btf.KindFunc, "bpf_rdonly_cast")
	w.task, _ = types.Find(btf.KindStruct, "task_struct")
	for id := btf.ID(1); int(id) < types.Len(); id++ {
		if types.Kind(id) == btf.KindStruct && types.NumMembers(id) > 0 {
			w.structs = append(w.structs, id)
		}
	}
	return w, nil
}

// program reads a field, and perhaps fields of what that points to.
func (w *walker) program(r *rand.Rand) *prog.Program {
	p := &prog.Program{
		Name: "walk", License: "GPL", Target: w.target, Funcs: []prog.Func{{Name: "walk"}},
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "sched_switch",
	}
	at, typ := uint8(2), w.task
	p.Insns = append(p.Insns, load(2, 1, 16, 8))
	if w.cast != 0 && r.IntN(8) > 0 {
		at, typ = 0, w.structs[r.IntN(len(w.structs))]
		p.Insns = append(p.Insns,
			cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcX, Regs: regs(1, 2)},
			cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcK, Regs: regs(2, 0), Imm: int32(typ)},
			cfg.Insn{Op: cfg.ClassJMP | cfg.JmpCALL, Regs: regs(0, cfg.CallKfunc), Imm: int32(w.cast)})
	}
	for range 1 + r.IntN(3) {
		off, size, next := w.field(r, typ)
		p.Insns = append(p.Insns, load(3, at, off, size))
		if next == 0 {
			break
		}
		at, typ = 3, next
	}
	p.Insns = append(p.Insns, cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcK}, cfg.Insn{Op: cfg.OpEXIT})
	return p
}

// field picks an access to a member of a struct, often a little beside it.
// next is the struct behind a pointer that is read whole.
func (w *walker) field(r *rand.Rand, typ btf.ID) (off, size int, next btf.ID) {
	size = 1 << r.IntN(4)
	for w.types.Kind(typ).IsComposite() && w.types.NumMembers(typ) > 0 {
		m := w.types.Member(typ, r.IntN(w.types.NumMembers(typ)))
		off += int(m.Offset / 8)
		typ = w.types.Resolve(m.Type)
		for w.types.Kind(typ) == btf.KindArray {
			n, elem := int(w.types.NumElems(typ)), w.types.Resolve(w.types.Elem(typ))
			bytes, _ := w.types.Size(elem)
			off += r.IntN(n+2) * int(bytes)
			typ = elem
		}
		if r.IntN(8) == 0 {
			break
		}
	}
	if bytes, ok := w.types.Size(typ); ok && bytes <= 8 && bytes&(bytes-1) == 0 && r.IntN(4) > 0 {
		size = int(max(bytes, 1))
	}
	if w.types.Kind(typ) == btf.KindPointer && size == 8 && r.IntN(4) > 0 {
		if to, _ := w.types.Pointee(typ); w.types.Kind(to) == btf.KindStruct {
			return min(off, 1<<15-1), size, to
		}
	}
	return min(max(off+[]int{0, 0, 0, 0, 1, 2, 4, -1, -4, 8}[r.IntN(10)], -8), 1<<15-1), size, 0
}

func regs(dst, src uint8) uint8 { return dst | src<<4 }

func load(dst, src uint8, off, size int) cfg.Insn {
	op := map[int]uint8{1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79}[size] // BPF_LDX | BPF_MEM
	return cfg.Insn{Op: op, Regs: regs(dst, src), Off: int16(off)}
}
