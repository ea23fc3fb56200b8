package load

import (
	"strings"

	"github.com/cilium/ebpf"
)

// match says how a section's name relates to the name in a row, as libbpf
// documents it ("Program Types and ELF Sections").
type match uint8

const (
	prefix match = iota // begins with it; the rest is ignored
	extra               // is it, or goes on with a slash and what to attach to
)

// Flags of BPF_PROG_LOAD that a section's name implies.
const (
	sleepable = 1 << 4 // BPF_F_SLEEPABLE
	frags     = 1 << 5 // BPF_F_XDP_HAS_FRAGS
)

// Attach types that cilium/ebpf has no name for: BPF_TRACE_UPROBE_SESSION and
// BPF_TRACE_FSESSION.
const (
	traceUprobeSession = ebpf.AttachType(57)
	traceFsession      = ebpf.AttachType(58)
)

// sectionType is one row of libbpf's conventions.
type sectionType struct {
	name   string
	match  match
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	flags  uint32
}

// sectionTypes lists libbpf's conventions for section names. The first row that
// matches counts, so longer names stand before their prefixes.
var sectionTypes = []sectionType{
	{"kprobe", extra, ebpf.Kprobe, 0, 0},
	{"kretprobe", extra, ebpf.Kprobe, 0, 0},
	{"kprobe.multi", extra, ebpf.Kprobe, ebpf.AttachTraceKprobeMulti, 0},
	{"kretprobe.multi", extra, ebpf.Kprobe, ebpf.AttachTraceKprobeMulti, 0},
	{"kprobe.session", extra, ebpf.Kprobe, ebpf.AttachTraceKprobeSession, 0},
	{"ksyscall", extra, ebpf.Kprobe, 0, 0},
	{"kretsyscall", extra, ebpf.Kprobe, 0, 0},
	{"uprobe", extra, ebpf.Kprobe, 0, 0},
	{"uprobe.s", extra, ebpf.Kprobe, 0, sleepable},
	{"uretprobe", extra, ebpf.Kprobe, 0, 0},
	{"uretprobe.s", extra, ebpf.Kprobe, 0, sleepable},
	{"uprobe.multi", extra, ebpf.Kprobe, ebpf.AttachTraceUprobeMulti, 0},
	{"uprobe.multi.s", extra, ebpf.Kprobe, ebpf.AttachTraceUprobeMulti, sleepable},
	{"uretprobe.multi", extra, ebpf.Kprobe, ebpf.AttachTraceUprobeMulti, 0},
	{"uretprobe.multi.s", extra, ebpf.Kprobe, ebpf.AttachTraceUprobeMulti, sleepable},
	{"uprobe.session", extra, ebpf.Kprobe, traceUprobeSession, 0},
	{"uprobe.session.s", extra, ebpf.Kprobe, traceUprobeSession, sleepable},
	{"usdt", extra, ebpf.Kprobe, 0, 0},
	{"usdt.s", extra, ebpf.Kprobe, 0, sleepable},

	{"tracepoint", extra, ebpf.TracePoint, 0, 0},
	{"tp", extra, ebpf.TracePoint, 0, 0},
	{"raw_tracepoint", extra, ebpf.RawTracepoint, 0, 0},
	{"raw_tp", extra, ebpf.RawTracepoint, 0, 0},
	{"raw_tracepoint.w", extra, ebpf.RawTracepointWritable, 0, 0},
	{"raw_tp.w", extra, ebpf.RawTracepointWritable, 0, 0},
	{"tp_btf", extra, ebpf.Tracing, ebpf.AttachTraceRawTp, 0},
	{"fentry", extra, ebpf.Tracing, ebpf.AttachTraceFEntry, 0},
	{"fentry.s", extra, ebpf.Tracing, ebpf.AttachTraceFEntry, sleepable},
	{"fexit", extra, ebpf.Tracing, ebpf.AttachTraceFExit, 0},
	{"fexit.s", extra, ebpf.Tracing, ebpf.AttachTraceFExit, sleepable},
	{"fmod_ret", extra, ebpf.Tracing, ebpf.AttachModifyReturn, 0},
	{"fmod_ret.s", extra, ebpf.Tracing, ebpf.AttachModifyReturn, sleepable},
	{"fsession", extra, ebpf.Tracing, traceFsession, 0},
	{"fsession.s", extra, ebpf.Tracing, traceFsession, sleepable},
	{"iter", extra, ebpf.Tracing, ebpf.AttachTraceIter, 0},
	{"iter.s", extra, ebpf.Tracing, ebpf.AttachTraceIter, sleepable},
	{"freplace", extra, ebpf.Extension, 0, 0},
	{"lsm", extra, ebpf.LSM, ebpf.AttachLSMMac, 0},
	{"lsm.s", extra, ebpf.LSM, ebpf.AttachLSMMac, sleepable},
	{"lsm_cgroup", extra, ebpf.LSM, ebpf.AttachLSMCgroup, 0},
	{"struct_ops", extra, ebpf.StructOps, 0, 0},
	{"struct_ops.s", extra, ebpf.StructOps, 0, sleepable},
	{"syscall", prefix, ebpf.Syscall, 0, sleepable},
	{"perf_event", prefix, ebpf.PerfEvent, 0, 0},

	{"xdp.frags/devmap", prefix, ebpf.XDP, ebpf.AttachXDPDevMap, frags},
	{"xdp.frags/cpumap", prefix, ebpf.XDP, ebpf.AttachXDPCPUMap, frags},
	{"xdp.frags", prefix, ebpf.XDP, ebpf.AttachXDP, frags},
	{"xdp/devmap", prefix, ebpf.XDP, ebpf.AttachXDPDevMap, 0},
	{"xdp/cpumap", prefix, ebpf.XDP, ebpf.AttachXDPCPUMap, 0},
	{"xdp", prefix, ebpf.XDP, ebpf.AttachXDP, 0},
	{"tc/ingress", prefix, ebpf.SchedCLS, ebpf.AttachTCXIngress, 0},
	{"tc/egress", prefix, ebpf.SchedCLS, ebpf.AttachTCXEgress, 0},
	{"tcx/ingress", prefix, ebpf.SchedCLS, ebpf.AttachTCXIngress, 0},
	{"tcx/egress", prefix, ebpf.SchedCLS, ebpf.AttachTCXEgress, 0},
	{"tc", prefix, ebpf.SchedCLS, 0, 0},
	{"netkit/primary", prefix, ebpf.SchedCLS, ebpf.AttachNetkitPrimary, 0},
	{"netkit/peer", prefix, ebpf.SchedCLS, ebpf.AttachNetkitPeer, 0},
	{"classifier", prefix, ebpf.SchedCLS, 0, 0},
	{"action", prefix, ebpf.SchedACT, 0, 0},
	{"socket", prefix, ebpf.SocketFilter, 0, 0},
	{"sk_reuseport/migrate", prefix, ebpf.SkReuseport, ebpf.AttachSkReuseportSelectOrMigrate, 0},
	{"sk_reuseport", prefix, ebpf.SkReuseport, ebpf.AttachSkReuseportSelect, 0},
	{"sk_lookup", prefix, ebpf.SkLookup, ebpf.AttachSkLookup, 0},
	{"sk_skb/stream_parser", prefix, ebpf.SkSKB, ebpf.AttachSkSKBStreamParser, 0},
	{"sk_skb/stream_verdict", prefix, ebpf.SkSKB, ebpf.AttachSkSKBStreamVerdict, 0},
	{"sk_skb/verdict", prefix, ebpf.SkSKB, ebpf.AttachSkSKBVerdict, 0},
	{"sk_skb", prefix, ebpf.SkSKB, 0, 0},
	{"sk_msg", prefix, ebpf.SkMsg, ebpf.AttachSkMsgVerdict, 0},
	{"sockops", prefix, ebpf.SockOps, ebpf.AttachCGroupSockOps, 0},
	{"lwt_in", prefix, ebpf.LWTIn, 0, 0},
	{"lwt_out", prefix, ebpf.LWTOut, 0, 0},
	{"lwt_xmit", prefix, ebpf.LWTXmit, 0, 0},
	{"lwt_seg6local", prefix, ebpf.LWTSeg6Local, 0, 0},
	{"lirc_mode2", prefix, ebpf.LircMode2, ebpf.AttachLircMode2, 0},
	{"flow_dissector", prefix, ebpf.FlowDissector, ebpf.AttachFlowDissector, 0},
	{"netfilter", prefix, ebpf.Netfilter, ebpf.AttachNetfilter, 0},

	{"cgroup_skb/ingress", prefix, ebpf.CGroupSKB, ebpf.AttachCGroupInetIngress, 0},
	{"cgroup_skb/egress", prefix, ebpf.CGroupSKB, ebpf.AttachCGroupInetEgress, 0},
	{"cgroup/skb", prefix, ebpf.CGroupSKB, 0, 0},
	{"cgroup/sock_create", prefix, ebpf.CGroupSock, ebpf.AttachCGroupInetSockCreate, 0},
	{"cgroup/sock_release", prefix, ebpf.CGroupSock, ebpf.AttachCgroupInetSockRelease, 0},
	{"cgroup/sock", prefix, ebpf.CGroupSock, ebpf.AttachCGroupInetSockCreate, 0},
	{"cgroup/post_bind4", prefix, ebpf.CGroupSock, ebpf.AttachCGroupInet4PostBind, 0},
	{"cgroup/post_bind6", prefix, ebpf.CGroupSock, ebpf.AttachCGroupInet6PostBind, 0},
	{"cgroup/bind4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Bind, 0},
	{"cgroup/bind6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Bind, 0},
	{"cgroup/connect4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect, 0},
	{"cgroup/connect6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Connect, 0},
	{"cgroup/connect_unix", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixConnect, 0},
	{"cgroup/sendmsg4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP4Sendmsg, 0},
	{"cgroup/sendmsg6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Sendmsg, 0},
	{"cgroup/sendmsg_unix", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixSendmsg, 0},
	{"cgroup/recvmsg4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP4Recvmsg, 0},
	{"cgroup/recvmsg6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Recvmsg, 0},
	{"cgroup/recvmsg_unix", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixRecvmsg, 0},
	{"cgroup/getpeername4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupInet4GetPeername, 0},
	{"cgroup/getpeername6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupInet6GetPeername, 0},
	{"cgroup/getpeername_unix", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixGetpeername, 0},
	{"cgroup/getsockname4", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupInet4GetSockname, 0},
	{"cgroup/getsockname6", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupInet6GetSockname, 0},
	{"cgroup/getsockname_unix", prefix, ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixGetsockname, 0},
	{"cgroup/sysctl", prefix, ebpf.CGroupSysctl, ebpf.AttachCGroupSysctl, 0},
	{"cgroup/getsockopt", prefix, ebpf.CGroupSockopt, ebpf.AttachCGroupGetsockopt, 0},
	{"cgroup/setsockopt", prefix, ebpf.CGroupSockopt, ebpf.AttachCGroupSetsockopt, 0},
	{"cgroup/dev", prefix, ebpf.CGroupDevice, ebpf.AttachCGroupDevice, 0},
}

// typeOfSection fills in what a section's name says of its programs: the type
// stays unspecified when it follows none of libbpf's conventions.
func typeOfSection(ps *ebpf.ProgramSpec, section string) {
	section = strings.TrimPrefix(section, "?") // not loaded by default
	base, rest, _ := strings.Cut(section, "/")
	for _, row := range sectionTypes {
		switch {
		case row.match == prefix && strings.HasPrefix(section, row.name):
			rest = ""
		case row.match == extra && base == row.name:
		default:
			continue
		}
		ps.Type, ps.AttachType, ps.Flags = row.typ, row.attach, row.flags
		if row.typ != ebpf.StructOps { // its member is known from the map
			ps.AttachTo = rest
		}
		return
	}
}
