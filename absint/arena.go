package absint

import (
	"github.com/bpflint/bpflint/cfg"
)

// mayUseArena notes the arena that a program refers to. It needs an address in
// the process that loads: loaders may also give it one by mapping it, which an
// object cannot tell.
func (m *machine) mayUseArena(mapi int32) bool {
	switch {
	case m.arena == mapi:
		return true
	case m.arena >= 0:
		m.fail("EBUSY", "Only one arena per program")
	case !m.rules.ptrLeaks || !m.rules.capBPF:
		m.fail("EPERM", "CAP_BPF and CAP_PERFMON are required to use arena")
	case m.maps[mapi].Spec.MapExtra == 0:
		m.fail("EINVAL", "arena's user address must be set via map_extra or mmap()")
	default:
		m.arena = mapi
		return true
	}
	return false
}

// Address space casts, by their constant: the space that a pointer comes from in
// the lower half, the one that it goes to in the upper.
const (
	castToKernel = 1
	castToUser   = 1 << 16
)

// castsAddress reports whether a move is a cast.
func (in *instr) castsAddress() bool { return in.Off == 1 && in.Insn.Imm != 0 }

// castAddress turns an address of the arena into a pointer, or back.
func castAddress(in *instr, dst *value) {
	*dst = unknown()
	if in.Insn.Imm == castToKernel {
		*dst = pointer(kindArena)
	}
}

// accessArena reads or writes behind a pointer into the arena, which may be any
// number: faults are handled when they happen.
func (m *machine) accessArena(a *access) bool {
	if !a.write && a.value >= 0 {
		*m.reg(uint8(a.value)) = unknown()
	}
	return true
}

// arenaMath: whatever is done to a pointer into the arena, it stays one.
func (m *machine) arenaMath(dst, src *value) bool {
	switch {
	case dst.kind == kindArena:
	case src != nil && src.kind == kindArena && m.rules.arenaOperands:
		*dst = *src
	default:
		return false
	}
	return true
}

// noArenaAtomic reports whether the compiler of the kernel lacks an atomic
// operation on the arena: those that need a loop.
func noArenaAtomic(in *instr) bool {
	switch in.Insn.Imm {
	case cfg.AluAND | cfg.AtomicFETCH, cfg.AluOR | cfg.AtomicFETCH, cfg.AluXOR | cfg.AtomicFETCH:
		return true
	}
	return false
}
