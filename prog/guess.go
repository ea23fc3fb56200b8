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
}

// sectionGuesses has the section names of old objects: of the kernel's samples,
// of iproute2 and of BCC-like loaders. The first match counts.
var sectionGuesses = []sectionGuess{
	{"kprobe", ebpf.Kprobe, 0},
	{"kretprobe", ebpf.Kprobe, 0},
	{"uprobe", ebpf.Kprobe, 0},
	{"uretprobe", ebpf.Kprobe, 0},
	{"tracepoint", ebpf.TracePoint, 0},
	{"tp/", ebpf.TracePoint, 0},
	{"tp_", ebpf.TracePoint, 0},
	{"raw_tracepoint", ebpf.RawTracepoint, 0},
	{"raw_tp", ebpf.RawTracepoint, 0},
	{"socket", ebpf.SocketFilter, 0},
	{"filter", ebpf.SocketFilter, 0},
	{"loadbalancer", ebpf.SocketFilter, 0},
	{"perf_event", ebpf.PerfEvent, 0},
	{"sockops", ebpf.SockOps, 0},
	{"lwt_xmit", ebpf.LWTXmit, 0},
	{"len_hist", ebpf.LWTXmit, 0},
	{"lwt_in", ebpf.LWTIn, 0},
	{"lwt_out", ebpf.LWTOut, 0},
	{"cgroup/skb", ebpf.CGroupSKB, 0},
	{"cgroup_skb", ebpf.CGroupSKB, 0},
	{"cgroup/dev", ebpf.CGroupDevice, ebpf.AttachCGroupDevice},
	{"cgroup/sysctl", ebpf.CGroupSysctl, ebpf.AttachCGroupSysctl},
	{"cgroup/sock", ebpf.CGroupSock, ebpf.AttachCGroupInetSockCreate},
	{"cgroup/bind4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Bind},
	{"cgroup/bind6", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Bind},
	{"cgroup/connect4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect},
	{"cgroup/connect6", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Connect},
	{"sk_skb", ebpf.SkSKB, 0},
	{"sk_msg", ebpf.SkMsg, 0},
	{"tc", ebpf.SchedCLS, 0},
	{"classifier", ebpf.SchedCLS, 0},
	{"act", ebpf.SchedCLS, 0},
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

// guessType returns the type of a program whose section does not tell it by
// libbpf's conventions. Without any hint it is a traffic classifier, which is
// what objects without section names are made for.
func guessType(section string, entry *btf.Func) (ebpf.ProgramType, ebpf.AttachType) {
	section = strings.ToLower(section)
	for _, row := range sectionGuesses {
		if strings.HasPrefix(section, row.prefix) {
			return row.typ, row.attach
		}
	}
	if strings.Contains(section, "xdp") {
		return ebpf.XDP, 0
	}
	if typ, ok := contexts[contextOf(entry)]; ok {
		return typ, 0
	}
	return ebpf.SchedCLS, 0
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
