package hook

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/internal/linux"
)

// Input is what a program is called with, as BPF_PROG_TEST_RUN takes it.
type Input struct {
	Data []byte // the packet, for types that have one
	Ctx  []byte // the context as user space sees it; empty for the default
	Long bool   // the packet may be longer than BPF_PROG_TEST_RUN allows
}

// Context is a context that was made for a program. It is used for one run
// after another.
type Context interface {
	// Enter prepares a run and returns R1.
	Enter(view *mem.View, in *Input) (uint64, error)
	// Leave returns the packet and the context after a run; they are valid
	// until the next Enter.
	Leave() (data, ctx []byte)
	// Packet returns the packet, nil when there is none.
	Packet() *Packet
}

// New returns the context of a program type.
func New(t ebpf.ProgramType) Context {
	if l, ok := layouts[t]; ok {
		return &record{layout: l}
	}
	switch t {
	case ebpf.XDP:
		return &xdp{}
	case ebpf.SchedCLS, ebpf.SchedACT, ebpf.SkSKB:
		return &SKB{link: true}
	case ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit, ebpf.LWTSeg6Local:
		return &SKB{}
	case ebpf.Syscall:
		return &plain{writable: true, given: true, most: 1<<16 - 1}
	case ebpf.RawTracepoint:
		const arguments = 12
		return &plain{given: true, most: arguments * 8}
	}
	return &plain{}
}

// layouts has a row for each type whose context is a struct with a fixed
// layout and pointers.
var layouts = map[ebpf.ProgramType]*layout{
	ebpf.FlowDissector:  &flowLayout,
	ebpf.SkLookup:       &skLookupLayout,
	ebpf.Netfilter:      &netfilterLayout,
	ebpf.CGroupSockopt:  &sockoptLayout,
	ebpf.CGroupSockAddr: &sockAddrLayout,
	ebpf.CGroupSock:     &sockLayout,
	ebpf.CGroupSysctl:   &sysctlLayout,
	ebpf.CGroupDevice:   &deviceLayout,
	ebpf.SockOps:        &sockOpsLayout,
	ebpf.SkMsg:          &skMsgLayout,
	ebpf.SkReuseport:    &reuseportLayout,
	linux.ProgGtrace:    &gtraceLayout,
}

// plain is a context that is just memory: registers, arguments, a record.
type plain struct {
	writable bool
	given    bool // there is none unless it is given; otherwise it is of zeros
	most     int  // bytes that may be given; 0 is any number
	buf      []byte
}

// defaultLen is how long a context is when none is given: longer than any
// context of plain memory of the kernel that programs read by default.
const defaultLen = 512

func (p *plain) Enter(view *mem.View, in *Input) (uint64, error) {
	if len(in.Data) > 0 {
		return 0, invalid("this program type takes no packet")
	}
	n := len(in.Ctx)
	switch {
	case p.most > 0 && n > p.most:
		return 0, invalid("the context has %d bytes, the most is %d", n, p.most)
	case n == 0 && !p.given:
		n = defaultLen
	}
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	p.buf = p.buf[:n]
	clear(p.buf[copy(p.buf, in.Ctx):])
	r := mem.Region{R: p.buf}
	if p.writable {
		r.W = p.buf
	}
	view.SetPrivate(contextRegion, r, mem.Info{Name: "the context"})
	return mem.Addr(contextRegion), nil
}

func (p *plain) Leave() (data, ctx []byte) { return nil, p.buf }

func (p *plain) Packet() *Packet { return nil }

// ReadOnlyPacket reports whether programs of a type may read packets but not
// write them.
func ReadOnlyPacket(t ebpf.ProgramType) bool {
	switch t {
	case ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTSeg6Local, ebpf.SkReuseport,
		ebpf.FlowDissector, ebpf.Netfilter, ebpf.Tracing:
		return true
	}
	return false
}
