package bpflint_test

import (
	"fmt"

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
			"leak": {
				Name: "leak", Type: ebpf.SocketFilter, License: "MIT",
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
		fmt.Println(p.Name, p.Verdict, p.Message)
	}
	// Output:
	// leak unsupported unsupported: path exploration is not built in
	// pass unsupported unsupported: path exploration is not built in
}
