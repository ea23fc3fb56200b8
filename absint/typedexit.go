package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// returnsVoid reports whether the program implements or follows a function
// without a result, so that R0 does not matter.
func (m *machine) returnsVoid() bool {
	switch m.prog.Type {
	case ebpf.LSM:
		return m.prog.AttachType != ebpf.AttachLSMCgroup && m.targetResult() == 0
	case ebpf.StructOps:
		return m.targetResult() == 0
	}
	return false
}

// targetResult is the type of what the target returns, 0 for void.
func (m *machine) targetResult() btf.ID {
	return m.views.kernel.Elem(m.target.proto)
}

// returnsObject reports whether v is an object that a member of a struct_ops
// may hand back to the kernel: of the type that it returns, held and not moved.
func (m *machine) returnsObject(v *value) bool {
	if m.prog.Type != ebpf.StructOps || !m.prog.Target.Kernel.Has(linux.TypedRefArgs) || v.kind != kindBTF || v.ref == 0 {
		return false
	}
	types := m.views.kernel
	want, _ := types.Pointee(types.Resolve(m.targetResult()))
	return want != 0 && v.typ() == kernelType(want)
}

// isIntWithin reports whether a result lies in the range of an LSM hook, which
// is that of an int.
func (m *machine) isIntWithin(r0 *value, want *linux.RetRange) bool {
	if m.prog.Type != ebpf.LSM || m.prog.AttachType == ebpf.AttachLSMCgroup {
		return false
	}
	return r0.num.Low.SMin >= want.Min && r0.num.Low.SMax <= want.Max
}
