package linux

import "strings"

// storeRow lists the members of a kernel object that the programs of a
// struct_ops may write: "HOLDER.MEMBER" from its start only, "HOLDER.MEMBER[]"
// at any byte. The holder is the struct that has the member, nothing when that
// has no name.
type storeRow struct {
	ops, object, members string
}

// storeRows are from "probe stores" on 6.12, 6.18 and 7.2, which agree.
var storeRows = []storeRow{
	{"tcp_congestion_ops", "tcp_sock", " sock.sk_pacing_rate sock.sk_pacing_status .pending inet_connection_sock.icsk_ca_priv[]" +
		" tcp_sock.snd_cwnd tcp_sock.snd_ssthresh tcp_sock.ecn_flags tcp_sock.app_limited tcp_sock.snd_cwnd_cnt tcp_sock.snd_cwnd_stamp "},
	{"bpf_dummy_ops", "bpf_dummy_ops_state", " bpf_dummy_ops_state.val[] "},
	{"Qdisc_ops", "sk_buff", " .tstamp "},
	{"sched_ext_ops", "task_struct", " sched_ext_entity.slice[] sched_ext_entity.dsq_vtime[] sched_ext_entity.disallow "},
	{"sched_ext_ops_cid", "task_struct", " sched_ext_entity.slice[] sched_ext_entity.dsq_vtime[] sched_ext_entity.disallow "},
	{"io_uring_bpf_ops", "iou_loop_params", " iou_loop_params.cq_wait_idx[] "},
}

// MayStore tells whether the programs of a struct_ops may write to a member of
// an object, and whether at any of its bytes. It reports known as false when
// the struct_ops has no rule for such objects.
func (k *Kernel) MayStore(ops, object, holder, member string) (allowed, anywhere, known bool) {
	for i := range storeRows {
		r := &storeRows[i]
		if r.ops != ops || r.object != object {
			continue
		}
		name := " " + holder + "." + member
		return strings.Contains(r.members, name+" ") || strings.Contains(r.members, name+"[] "),
			strings.Contains(r.members, name+"[] "), true
	}
	return false, false, false
}
