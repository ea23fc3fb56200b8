package prog

import (
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// sectionGuess is a row for sections that libbpf's conventions do not name.
type sectionGuess struct {
	prefix string
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	weak   bool // several loaders use the name, for different types
}

// sectionGuesses has the section names of old objects: of the kernel's samples,
// of iproute2 and of BCC-like loaders. The first match counts.
var sectionGuesses = []sectionGuess{
	{"kprobe", ebpf.Kprobe, 0, false},
	{"kretprobe", ebpf.Kprobe, 0, false},
	{"uprobe", ebpf.Kprobe, 0, false},
	{"uretprobe", ebpf.Kprobe, 0, false},
	{"tracepoint", ebpf.TracePoint, 0, false},
	{"tp/", ebpf.TracePoint, 0, false},
	{"tp_", ebpf.TracePoint, 0, false},
	{"raw_tracepoint", ebpf.RawTracepoint, 0, false},
	{"raw_tp", ebpf.RawTracepoint, 0, false},
	{"socket", ebpf.SocketFilter, 0, false},
	{"filter", ebpf.SocketFilter, 0, true},
	{"loadbalancer", ebpf.SocketFilter, 0, true},
	{"perf_event", ebpf.PerfEvent, 0, false},
	{"sockops", ebpf.SockOps, 0, false},
	{"lwt_xmit", ebpf.LWTXmit, 0, false},
	{"len_hist", ebpf.LWTXmit, 0, false},
	{"lwt_in", ebpf.LWTIn, 0, false},
	{"lwt_out", ebpf.LWTOut, 0, false},
	{"cgroup/skb", ebpf.CGroupSKB, 0, false},
	{"cgroup_skb", ebpf.CGroupSKB, 0, false},
	{"cgroup/dev", ebpf.CGroupDevice, ebpf.AttachCGroupDevice, false},
	{"cgroup/sysctl", ebpf.CGroupSysctl, ebpf.AttachCGroupSysctl, false},
	{"cgroup/sock", ebpf.CGroupSock, ebpf.AttachCGroupInetSockCreate, false},
	{"cgroup/bind4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Bind, false},
	{"cgroup/bind6", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Bind, false},
	{"cgroup/connect4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect, false},
	{"cgroup/connect6", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Connect, false},
	{"sk_skb", ebpf.SkSKB, 0, false},
	{"sk_msg", ebpf.SkMsg, 0, false},
	{"tc", ebpf.SchedCLS, 0, false},
	{"classifier", ebpf.SchedCLS, 0, false},
	{"act", ebpf.SchedCLS, 0, false},
}

// contexts tells the type of a program from the type of its argument.
var contexts = map[string]ebpf.ProgramType{
	"xdp_md":                  ebpf.XDP,
	"__sk_buff":               ebpf.SchedCLS,
	"pt_regs":                 ebpf.Kprobe,
	"bpf_perf_event_data":     ebpf.PerfEvent,
	"bpf_sock_ops":            ebpf.SockOps,
	"sk_msg_md":               ebpf.SkMsg,
	"bpf_sk_lookup":           ebpf.SkLookup,
	"sk_reuseport_md":         ebpf.SkReuseport,
	"bpf_sock":                ebpf.CGroupSock,
	"bpf_cgroup_dev_ctx":      ebpf.CGroupDevice,
	"bpf_sysctl":              ebpf.CGroupSysctl,
	"bpf_raw_tracepoint_args": ebpf.RawTracepoint,
	"bpf_nf_ctx":              ebpf.Netfilter,
}

// GuessType returns the type of a program whose section does not tell it by
// libbpf's conventions: from names that other loaders use, or from the type of
// its argument. Without a clear hint ok is false and the type is the likeliest:
// that of a traffic classifier, for which most objects with free section names
// are made.
func GuessType(ps *ebpf.ProgramSpec) (typ ebpf.ProgramType, attach ebpf.AttachType, ok bool) {
	section := strings.ToLower(ps.SectionName)
	for _, row := range sectionGuesses {
		if strings.HasPrefix(section, row.prefix) {
			return row.typ, row.attach, !row.weak
		}
	}
	if strings.Contains(section, "xdp") {
		return ebpf.XDP, 0, true
	}
	if len(ps.Instructions) > 0 {
		if typ, ok := contexts[contextOf(btf.FuncMetadata(&ps.Instructions[0]))]; ok {
			return typ, 0, true
		}
	}
	return ebpf.SchedCLS, 0, false
}

// contextOf returns the name of the struct that a function's first parameter
// points to.
func contextOf(fn *btf.Func) string {
	if fn == nil {
		return ""
	}
	proto, ok := fn.Type.(*btf.FuncProto)
	if !ok || len(proto.Params) == 0 {
		return ""
	}
	ptr, ok := btf.UnderlyingType(proto.Params[0].Type).(*btf.Pointer)
	if !ok {
		return ""
	}
	return btf.UnderlyingType(ptr.Target).TypeName()
}
