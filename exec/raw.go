package exec

import (
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// RunRaw runs a bare instruction stream, as suites that test conformance with
// RFC 9669 do: R1 points to the memory, R2 holds its length, helper 5 returns
// its first argument, and there is nothing else. It returns R0. Without memory
// R1 is 0. A budget of 0 means vm.DefaultBudget.
func RunRaw(insns []cfg.Insn, memory []byte, budget int) (uint64, error) {
	space := mem.NewSpace()
	code, err := vm.Load(insns, vm.Options{Name: "raw", Linker: rawLinker{}, Space: space, CallNumber: callRaw})
	if err != nil {
		return 0, err
	}
	cpu := vm.NewCPU(0, mem.NewView(space))
	if budget > 0 {
		cpu.Budget = budget
	}
	if len(memory) > 0 {
		cpu.Mem.SetPrivate(vm.FirstFreeRegion, mem.Region{R: memory, W: memory}, mem.Info{Name: "the memory"})
		cpu.R[1] = mem.Addr(vm.FirstFreeRegion)
	}
	cpu.R[2] = uint64(len(memory))
	return cpu.Run(code)
}

// rawLinker knows one helper.
type rawLinker struct{}

func (rawLinker) Helper(id int32) (vm.Func, error) {
	if id == 5 {
		return func(c *vm.CPU) (uint64, error) { return c.R[1], nil }, nil
	}
	return nil, fmt.Errorf("helper %d does not exist in raw mode", id)
}

// callRaw calls a helper by a number that is known only now.
func callRaw(c *vm.CPU, id uint64) (uint64, error) {
	if id != 5 {
		return 0, fmt.Errorf("helper %d does not exist in raw mode", id)
	}
	return c.R[1], nil
}

func (rawLinker) Kfunc(id int32, _ int16) (vm.Func, error) {
	return nil, fmt.Errorf("kfunc %d does not exist in raw mode", id)
}

func (rawLinker) TailCall() vm.TailCall { return nil }

func (rawLinker) Jump(uint64, uint32) *atomic.Pointer[vm.Code] { return nil }

func (rawLinker) Const(uint8, int32, int32) (uint64, error) {
	return 0, fmt.Errorf("maps do not exist in raw mode")
}

func (rawLinker) LegacyLoad(*vm.CPU, int64, int) (uint64, bool) { return 0, false }

// ParseHex reads bytes as hex digits with white space anywhere between bytes
// and an optional 0x in front of each group.
func ParseHex(s string) ([]byte, error) {
	var digits strings.Builder
	for _, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		digits.WriteString(strings.TrimPrefix(strings.ToLower(word), "0x"))
	}
	return hex.DecodeString(digits.String())
}

// ParseSlots reads an instruction stream in its little-endian encoding.
func ParseSlots(b []byte) ([]cfg.Insn, error) {
	if len(b) == 0 || len(b)%8 != 0 {
		return nil, fmt.Errorf("%d bytes are not a number of 8-byte instructions", len(b))
	}
	insns := make([]cfg.Insn, len(b)/8)
	for i := range insns {
		s := b[8*i : 8*i+8]
		insns[i] = cfg.Insn{Op: s[0], Regs: s[1], Off: int16(mem.Get(s[2:4])), Imm: int32(mem.Get(s[4:8]))}
	}
	return insns, nil
}
