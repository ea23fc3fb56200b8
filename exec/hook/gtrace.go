package hook

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/internal/linux"
)

// gtraceLayout is struct gtrace_ctx of include/gtrace.h, which user space may
// give whole. Programs only read it.
var gtraceLayout = layout{name: "gtrace_ctx", size: linux.GtraceSize, buffer: true}

// RegsSize is the size of struct pt_regs in struct gtrace_ctx, that of x86-64.
const RegsSize = linux.GtraceStart - linux.GtraceRegs

// Offsets of registers in struct pt_regs of x86-64.
const (
	regIP = 16 * 8
	regCS = 17 * 8
)

// kernelCS is the code segment of the kernel.
const kernelCS = 0x10

// CallerRegs makes the registers of the kernel's code that hits a tracepoint, as
// far as they are taken down: where it is.
func CallerRegs(ip uint64) []byte {
	regs := make([]byte, RegsSize)
	binary.LittleEndian.PutUint64(regs[regIP:], ip)
	binary.LittleEndian.PutUint64(regs[regCS:], kernelCS)
	return regs
}

// Gtrace is what the context of a gtrace program is made of.
type Gtrace struct {
	Regs      []byte // struct pt_regs
	Start     uint64 // nanoseconds since boot at which the task started
	PID, TGID uint32
	CPU       uint32
	Caller    uint32 // BPF_PROG_TYPE_*
	Comm      string
}

// Show makes the context visible to the CPU of a view and returns its address.
// The context of the program that made the tail call stays where it is.
func (g *Gtrace) Show(view *mem.View) uint64 {
	const commLen = 16
	raw := make([]byte, linux.GtraceSize)
	copy(raw[linux.GtraceRegs:][:RegsSize], g.Regs)
	binary.LittleEndian.PutUint64(raw[linux.GtraceStart:], g.Start)
	binary.LittleEndian.PutUint32(raw[linux.GtracePID:], g.PID)
	binary.LittleEndian.PutUint32(raw[linux.GtraceTGID:], g.TGID)
	binary.LittleEndian.PutUint32(raw[linux.GtraceCPU:], g.CPU)
	binary.LittleEndian.PutUint32(raw[linux.GtraceCaller:], g.Caller)
	copy(raw[linux.GtraceComm:][:commLen-1], g.Comm)
	view.SetPrivate(castRegion, mem.Region{R: raw}, mem.Info{Name: "the converted context"})
	return mem.Addr(castRegion)
}
