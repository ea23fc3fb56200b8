package exec_test

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/prog"
)

// counter is an object with an XDP program that counts packets and passes
// them on. Yours comes from ebpf.LoadCollectionSpec or from bpf2go's generated
// code.
func counter() *ebpf.CollectionSpec {
	return &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"packets": {Name: "packets", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1},
		},
		Programs: map[string]*ebpf.ProgramSpec{
			"count": {Name: "count", Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{
				asm.StoreImm(asm.R10, -4, 0, asm.Word),
				asm.Mov.Reg(asm.R2, asm.R10),
				asm.Add.Imm(asm.R2, -4),
				asm.LoadMapPtr(asm.R1, 0).WithReference("packets"),
				asm.FnMapLookupElem.Call(),
				asm.JEq.Imm(asm.R0, 0, "out"),
				asm.Mov.Imm(asm.R1, 1),
				asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
				asm.Mov.Imm(asm.R0, 2).WithSymbol("out"), // XDP_PASS
				asm.Return(),
			}},
		},
	}
}

// A unit test of a program: load the object, run it on packets, look at maps.
func Example() {
	machine := exec.New(exec.Config{})
	program, err := machine.LoadSpec(counter(), "count", &prog.Target{})
	if err != nil {
		fmt.Println(err)
		return
	}
	packet := make([]byte, 64)
	for range 3 {
		out, err := program.Run(exec.Input{Data: packet})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("verdict", out.Return)
	}
	value, err := machine.Map("packets").Lookup(make([]byte, 4))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("packets", binary.LittleEndian.Uint64(value))
	// Output:
	// verdict 2
	// verdict 2
	// verdict 2
	// packets 3
}
