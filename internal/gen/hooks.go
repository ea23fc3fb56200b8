package gen

import (
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// hookRow is a kind of program, and the functions that such programs are
// attached to; "" for those that need none.
type hookRow struct {
	typ     ebpf.ProgramType
	attach  ebpf.AttachType
	flags   uint32
	targets string
}

// hookRows are the hooks of typed programs. Those that a kernel does not have
// are left out.
var hookRows = []hookRow{
	{ebpf.Tracing, ebpf.AttachTraceRawTp, 0, "sched_switch task_newtask sched_wakeup sched_process_exec cgroup_mkdir " +
		"cgroup_attach_task tcp_probe inet_sock_set_state kfree_skb netif_receive_skb sys_enter sys_exit mm_page_alloc " +
		"signal_generate writeback_dirty_folio tcp_send_reset consume_skb block_rq_insert sched_pi_setprio xdp_exception " +
		"tcp_retransmit_skb net_dev_queue posix_lock_inode fib_table_lookup"},
	{ebpf.Tracing, ebpf.AttachTraceIter, 0, "task task_file task_vma cgroup bpf_map bpf_map_elem bpf_prog tcp udp unix " +
		"ksym bpf_sk_storage_map sockmap dmabuf kmem_cache netlink bpf_link ipv6_route"},
	{ebpf.Tracing, ebpf.AttachTraceIter, sleepable, "task task_file task_vma cgroup"},
	{ebpf.StructOps, 0, 0, "tcp_congestion_ops:ssthresh tcp_congestion_ops:cong_avoid tcp_congestion_ops:set_state " +
		"tcp_congestion_ops:pkts_acked tcp_congestion_ops:init tcp_congestion_ops:cong_control " +
		"bpf_dummy_ops:test_1 bpf_dummy_ops:test_2 sched_ext_ops:enqueue sched_ext_ops:select_cpu sched_ext_ops:dispatch"},
	{ebpf.StructOps, 0, sleepable, "bpf_dummy_ops:test_sleepable sched_ext_ops:init sched_ext_ops:init_task"},
	{ebpf.Syscall, 0, sleepable, ""},
	{ebpf.Syscall, 0, sleepable, ""},
	{ebpf.XDP, 0, 0, ""},
	{ebpf.SchedCLS, 0, 0, ""},
	{ebpf.SchedCLS, 0, 0, ""},
	{ebpf.SocketFilter, 0, 0, ""},
	{ebpf.Kprobe, 0, 0, ""},
	{ebpf.TracePoint, 0, 0, ""},
	{ebpf.PerfEvent, 0, 0, ""},
	{ebpf.RawTracepoint, 0, 0, ""},
	{ebpf.CGroupSKB, 0, 0, ""},
	{ebpf.CGroupSock, 0, 0, ""},
	{ebpf.SockOps, 0, 0, ""},
	{ebpf.SkSKB, 0, 0, ""},
	{ebpf.SkMsg, 0, 0, ""},
	{ebpf.LWTXmit, 0, 0, ""},
	{ebpf.SkLookup, ebpf.AttachSkLookup, 0, ""},
	{ebpf.Netfilter, ebpf.AttachNetfilter, 0, ""},
	{ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect, 0, ""},
	{ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixConnect, 0, ""},
	{ebpf.CGroupSockopt, ebpf.AttachCGroupSetsockopt, 0, ""},
	// What is seen less often.
	{ebpf.Kprobe, 0, sleepable, ""},
	{ebpf.Kprobe, ebpf.AttachTraceKprobeMulti, 0, ""},
	{ebpf.Kprobe, ebpf.AttachTraceUprobeMulti, sleepable, ""},
	{ebpf.Kprobe, ebpf.AttachTraceKprobeSession, 0, ""},
	{ebpf.RawTracepointWritable, 0, 0, ""},
	{ebpf.SchedACT, 0, 0, ""},
	{ebpf.XDP, ebpf.AttachXDPDevMap, 0, ""},
	{ebpf.CGroupSock, ebpf.AttachCgroupInetSockRelease, 0, ""},
	{ebpf.CGroupDevice, ebpf.AttachCGroupDevice, 0, ""},
	{ebpf.CGroupSysctl, ebpf.AttachCGroupSysctl, 0, ""},
	{ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Recvmsg, 0, ""},
	{ebpf.CGroupSockAddr, ebpf.AttachCgroupInet6GetPeername, 0, ""},
	{ebpf.CGroupSockopt, ebpf.AttachCGroupGetsockopt, 0, ""},
	{ebpf.LWTIn, 0, 0, ""},
	{ebpf.LWTOut, 0, 0, ""},
	{ebpf.LWTSeg6Local, 0, 0, ""},
	{ebpf.SkReuseport, ebpf.AttachSkReuseportSelect, 0, ""},
	{ebpf.SkReuseport, ebpf.AttachSkReuseportSelectOrMigrate, 0, ""},
	{ebpf.FlowDissector, ebpf.AttachFlowDissector, 0, ""},
}

const sleepable = 1 << 4 // BPF_F_SLEEPABLE

// hook is what programs are made for.
type hook struct {
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	flags  uint32
	target string
	facts  *linux.Hook
	proto  btf.ID // of the target, whose arguments are the context; 0 for none
	skip   int    // parameters of it that programs do not see
}

// hooks lists the hooks that the kernel has, grouped by row so that rows are
// equally frequent however many targets they have.
func (w *World) findHooks() {
	for _, row := range hookRows {
		var group []hook
		targets := strings.Fields(row.targets)
		if len(targets) == 0 {
			targets = []string{""}
		}
		for _, target := range targets {
			h := hook{typ: row.typ, attach: row.attach, flags: row.flags, target: target}
			h.facts = w.facts.Hook(uint32(h.typ), uint32(h.attach), h.flags&sleepable != 0, target)
			if h.facts != nil && w.findTarget(&h) {
				group = append(group, h)
			}
		}
		if len(group) > 0 {
			w.hooks = append(w.hooks, group)
		}
	}
}

// findTarget reports whether the kernel has what a hook attaches to.
func (w *World) findTarget(h *hook) bool {
	find := func(kind btf.Kind, name string) bool {
		id, ok := w.kernel.Find(kind, name)
		if ok {
			h.proto, ok = w.kernel.Proto(id)
		}
		return ok
	}
	switch {
	case h.target == "":
		return true
	case h.typ == ebpf.StructOps:
		ops, member, _ := strings.Cut(h.target, ":")
		id, _ := w.kernel.Find(btf.KindStruct, ops)
		if _, ok := w.kernel.Find(btf.KindStruct, "bpf_struct_ops_"+ops); !ok {
			return false
		}
		for i := range w.kernel.NumMembers(id) {
			if m := w.kernel.Member(id, i); m.Name == member {
				var ok bool
				h.proto, ok = w.kernel.Proto(m.Type)
				return ok
			}
		}
		return false
	case h.attach == ebpf.AttachTraceRawTp:
		h.skip = 1
		return find(btf.KindTypedef, "btf_trace_"+h.target)
	}
	return find(btf.KindFunc, "bpf_iter_"+h.target)
}
