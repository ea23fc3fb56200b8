package precheck

import (
	"sync"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// encodingTables say what instructions of a kernel look like.
type encodingTables struct {
	opcodes opcodeSet
	fields  *Fields
}

var encodings sync.Map // linux.Version to *encodingTables, made when first asked for

func encodingOf(k linux.Version) *encodingTables {
	if t, ok := encodings.Load(k); ok {
		return t.(*encodingTables)
	}
	t, _ := encodings.LoadOrStore(k, &encodingTables{opcodes: opcodesOf(k), fields: newFields(k)})
	return t.(*encodingTables)
}

// encoding checks instructions one by one, in the order of the program.
type encoding struct {
	*checker
	*encodingTables
	used map[*prog.Map]bool
}

func (c *checker) checkEncoding() *Reject {
	e := encoding{checker: c, encodingTables: encodingOf(c.kernel), used: map[*prog.Map]bool{}}
	for i := 0; i < len(c.insns); i++ {
		if r := e.check(i); r != nil {
			return r
		}
		if c.insns[i].IsWide() {
			i++
		}
	}
	return nil
}

func (e *encoding) check(slot int) *Reject {
	insn := e.insns[slot]
	if e.fields.early {
		if r := checkRegs(slot, insn); r != nil {
			return r
		}
	} else if r := e.checkMemory(slot, insn); r != nil {
		return r
	}
	if insn.IsWide() {
		return e.checkWide(slot, insn)
	}
	if !e.opcodes.has(insn.Op) {
		return reject(Opcode, slot, "EINVAL", "unknown opcode %02x", insn.Op)
	}
	if e.fields.early {
		if message := e.fields.Check(insn); message != "" {
			return reject(Reserved, slot, "EINVAL", "%s", message)
		}
	}
	return nil
}

// checkMemory makes the checks of loads and stores that all kernels make early,
// even before they look whether they know the opcode.
func (e *encoding) checkMemory(slot int, insn cfg.Insn) *Reject {
	mode := insn.Mode()
	switch insn.Class() {
	case cfg.ClassLDX:
		if mode != cfg.ModeMEM && (mode != cfg.ModeMEMSX || !e.has(linux.ISAv4)) || insn.Imm != 0 {
			return reject(Reserved, slot, "EINVAL", "BPF_LDX uses reserved fields")
		}
	case cfg.ClassSTX:
		if !e.has(linux.AtomicFetch) && (mode != cfg.ModeMEM && mode != cfg.ModeATOMIC || insn.Imm != 0) {
			return reject(Reserved, slot, "EINVAL", "BPF_STX uses reserved fields")
		}
	}
	return nil
}

func checkRegs(slot int, insn cfg.Insn) *Reject {
	argument := insn.Op&^(cfg.ClassLDX|cfg.ClassST|cfg.ClassSTX) == cfg.ModeMEM|cfg.SizeDW && insn.Off%8 == 0
	stores := insn.Class() == cfg.ClassST || insn.Class() == cfg.ClassSTX
	loads := insn.Class() == cfg.ClassLDX
	if r := insn.Dst(); r >= cfg.NumRegs && !(argument && stores && r == argumentReg && insn.Off < 0) {
		return reject(Register, slot, "EINVAL", "R%d is invalid", r)
	}
	if r := insn.Src(); r >= cfg.NumRegs && !(argument && loads && r == argumentReg && insn.Off > 0) {
		return reject(Register, slot, "EINVAL", "R%d is invalid", r)
	}
	return nil
}

// argumentReg is the base of memory in which arguments beyond the fifth are
// passed (7.1).
const argumentReg = 11

func (e *encoding) checkWide(slot int, insn cfg.Insn) *Reject {
	if slot+1 == len(e.insns) || !isHalf(e.insns[slot+1]) {
		return reject(Wide, slot, "EINVAL", "invalid bpf_ld_imm64 insn")
	}
	half := e.insns[slot+1]
	if e.fields.early {
		if message := e.fields.Check(insn); message != "" {
			return reject(Reserved, slot, "EINVAL", "%s", message)
		}
	}
	switch src := insn.Src(); {
	case src == cfg.ConstValue, src == cfg.ConstBTFID, src == cfg.ConstFunc && e.has(linux.FuncConstants):
		return nil
	case src == cfg.ConstMap && half.Imm == 0, src == cfg.ConstMapValue:
		return e.checkMap(slot, insn, half)
	case (src == cfg.ConstMapIdx && half.Imm == 0 || src == cfg.ConstMapIdxV) && e.has(linux.MapArrays):
		return reject(Map, slot, "EPROTO", "fd_idx without fd_array is invalid")
	}
	return reject(Wide, slot, "EINVAL", "unrecognized bpf_ld_imm64 insn")
}

// isHalf reports whether a slot can be the second half of a 16-byte instruction.
func isHalf(i cfg.Insn) bool { return i.Op == 0 && i.Regs == 0 && i.Off == 0 }

// checkMap makes the checks of a map that do not depend on the program's type.
func (e *encoding) checkMap(slot int, insn, half cfg.Insn) *Reject {
	if insn.Imm < 0 || int(insn.Imm) >= len(e.prog.Maps) {
		return noMap(slot, insn.Imm)
	}
	m := e.prog.Maps[insn.Imm]
	said := e.has(linux.MapLimitSaid)
	if said {
		if r := e.use(slot, m, said); r != nil {
			return r
		}
	}
	if insn.Src() == cfg.ConstMapValue {
		if r := e.checkValueOffset(slot, m, uint32(half.Imm)); r != nil {
			return r
		}
	}
	if said {
		return nil
	}
	return e.use(slot, m, said)
}

// noMap is about a descriptor that is none of a map: prog has its complement in
// place of a map's number. The first three are open in most processes.
func noMap(slot int, imm int32) *Reject {
	fd, errno := imm, "EBADF"
	if imm < 0 {
		fd = ^imm
	}
	if fd <= 2 {
		errno = "EINVAL"
	}
	return reject(Map, slot, errno, "fd %d is not pointing to valid bpf_map", fd)
}

// use counts a map. The kernel that says nothing of its limit also counts later.
func (e *encoding) use(slot int, m *prog.Map, said bool) *Reject {
	if !e.used[m] && len(e.used) == e.limits.Maps {
		if !said {
			return reject(Map, slot, "E2BIG", "")
		}
		return reject(Map, slot, "E2BIG", "The total number of maps per program has reached the limit of %d", e.limits.Maps)
	}
	e.used[m] = true
	return nil
}

func (e *encoding) checkValueOffset(slot int, m *prog.Map, off uint32) *Reject {
	if !e.has(linux.NoVarOffset) && off >= uint32(e.limits.VarOffset) {
		return reject(Map, slot, "EINVAL", "direct value offset of %d is not allowed", off)
	}
	if m.Spec == nil {
		return nil
	}
	out := func(errno string) *Reject {
		return reject(Map, slot, errno, "invalid access to map value pointer, value_size=%d off=%d", m.Spec.ValueSize, off)
	}
	switch m.Spec.Type {
	case ebpf.Array:
		if m.Spec.MaxEntries != 1 {
			return out("ENOTSUPP")
		}
		if off >= m.Spec.ValueSize {
			return out("EINVAL")
		}
	case ebpf.Arena:
		if uint64(off)>>12 >= uint64(m.Spec.MaxEntries) { // counted in pages
			return out("ERANGE")
		}
	case instructionArray:
	default:
		return reject(Map, slot, "EINVAL", "no direct value access support for this map type")
	}
	return nil
}

// instructionArray is BPF_MAP_TYPE_INSN_ARRAY (6.19).
const instructionArray = ebpf.MapType(34)
