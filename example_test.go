package bpflint_test

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint"
)

func ExampleCheck() {
	// In a real test this comes from ebpf.LoadCollectionSpec or bpf2go.
	spec := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{
			"pass": {
				Name: "pass", Type: ebpf.XDP, License: "MIT",
				Instructions: asm.Instructions{
					asm.Mov.Imm(asm.R0, 2), // XDP_PASS
					asm.Return(),
				},
			},
			"noresult": {
				Name: "noresult", Type: ebpf.SocketFilter, License: "MIT",
				Instructions: asm.Instructions{
					asm.Return(), // without a result in R0
				},
			},
		},
	}
	res, err := bpflint.Check(spec, bpflint.Options{Kernel: "6.18"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range res.Programs {
		fmt.Println(strings.TrimSpace(fmt.Sprintln(p.Name, p.Verdict, p.Message)))
	}
	// Output:
	// noresult reject R0 !read_ok
	// pass accept
}

func ExampleResult_Err() {
	spec := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{
			"lookup": {
				Name: "lookup", Type: ebpf.SocketFilter, License: "MIT",
				Instructions: asm.Instructions{
					asm.StoreImm(asm.R10, -4, 0, asm.Word),
					asm.Mov.Reg(asm.R2, asm.R10),
					asm.Add.Imm(asm.R2, -4),
					asm.LoadMapPtr(asm.R1, 0).WithReference("counters"),
					asm.FnMapLookupElem.Call(),
					asm.LoadMem(asm.R0, asm.R0, 0, asm.DWord), // without a check
					asm.Return(),
				},
			},
		},
		Maps: map[string]*ebpf.MapSpec{
			"counters": {Name: "counters", Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: 1},
		},
	}
	res, err := bpflint.Check(spec, bpflint.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Err())
	// Output:
	// program lookup for Linux 6.18: reject: R0 invalid mem access 'map_value_or_null' (instruction 6)
}
