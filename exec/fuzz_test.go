package exec_test

import (
	"testing"

	"github.com/bpflint/bpflint/exec"
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
