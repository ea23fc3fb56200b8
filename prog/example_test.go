package prog_test

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

func ExampleLink() {
	spec := &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"events": {Name: "events", Type: ebpf.RingBuf},
		},
		Programs: map[string]*ebpf.ProgramSpec{
			"pass": {Name: "pass", SectionName: "xdp", Type: ebpf.XDP, Instructions: asm.Instructions{
				asm.LoadMapPtr(asm.R1, 0).WithReference("events"),
				asm.Mov.Imm(asm.R0, 2),
				asm.Return(),
			}},
		},
	}
	p, err := prog.Link(spec, "pass", &prog.Target{Kernel: linux.V6_18})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(p.Insns), "slots,", p.Maps[0].Spec)
	for _, note := range p.Notes {
		fmt.Println("note:", note.Text)
	}
	// Output:
	// 4 slots, RingBuf(keySize=0, valueSize=0, maxEntries=4096, flags=0)
	// note: map events: max_entries 0 -> 4096
	// note: no licence in the object: GPL assumed
}
