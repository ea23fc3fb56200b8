package exec_test

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// FuzzRaw runs arbitrary instruction streams: none may panic, reach memory
// outside the simulated address space (the race detector or a fault would
// show it) or run on past the budget.
func FuzzRaw(f *testing.F) {
	f.Add([]byte{0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, []byte{1, 2, 3})
	f.Add([]byte{0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95, 0, 0, 0, 0, 0, 0, 0}, []byte{})
	f.Add([]byte{0xdb, 0x21, 0, 0, 0xf1, 0, 0, 0, 0xe5, 0, 0xfe, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, []byte("12345678"))
	f.Add([]byte{0x7b, 0x1a, 0xf8, 0xff, 0, 0, 0, 0, 0x79, 0xa0, 0xf8, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, []byte{9})
	f.Fuzz(func(t *testing.T, code, memory []byte) {
		insns, err := exec.ParseSlots(code)
		if err != nil {
			return
		}
		// Only the outcome "it returned" is checked; the error is the program's.
		_, _ = exec.RunRaw(insns, memory, 100_000)
	})
}

// FuzzProgram runs arbitrary instructions as programs of any type, with maps and
// helpers and without verifying them: none may panic, reach memory outside the
// simulated address space or run on past the budget.
func FuzzProgram(f *testing.F) {
	for seed := range uint64(60) {
		p := gen.Make(seed)
		f.Add(encode(p.Insns), []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00E"), uint8(p.Type))
	}
	f.Fuzz(func(t *testing.T, code, data []byte, typ uint8) {
		insns, err := exec.ParseSlots(code)
		if err != nil || len(insns) > 4096 {
			return
		}
		p := prog.FromSlots(target.New(linux.DefaultTarget(), linux.CapAll, ""), ebpf.ProgramType(typ%33), insns, gen.Maps()...)
		m := exec.New(exec.Config{CPUs: 2, Budget: 20_000})
		loaded, err := m.Load(p)
		if err != nil {
			return
		}
		// Only the outcome "it returned" is checked; the error is the program's.
		_, _ = loaded.Run(exec.Input{Data: data})
		_, _ = loaded.Run(exec.Input{Ctx: data, CPU: 1})
	})
}

func encode(insns []cfg.Insn) []byte {
	var b []byte
	for _, in := range insns {
		b = append(b, in.Op, in.Regs)
		b = binary.LittleEndian.AppendUint16(b, uint16(in.Off))
		b = binary.LittleEndian.AppendUint32(b, uint32(in.Imm))
	}
	return b
}
