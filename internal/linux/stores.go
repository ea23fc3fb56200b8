package linux

import "strings"

// storeRow lists the members of a kernel object that the programs of a
// struct_ops, or of a type, may write: "HOLDER.MEMBER" from its start only, "HOLDER.MEMBER[]"
// at any byte. The holder is the struct that has the member, nothing when that
// has no name.
type storeRow struct {
	kernels              Kernels
	ops, object, members string
}

// tcpStores are the members of tcp_sock that all kernels let be written.
const tcpStores = " .pending inet_connection_sock.icsk_ca_priv[] tcp_sock.snd_cwnd tcp_sock.snd_ssthresh tcp_sock.ecn_flags tcp_sock.snd_cwnd_cnt "

// storeRows are from "probe stores" on the measured kernels; those about
// connections are from a 6.18.44, as the others build them as a module.
var storeRows = []storeRow{
	{In5_10, "tcp_congestion_ops", "tcp_sock", tcpStores},
	{In6_1, "tcp_congestion_ops", "tcp_sock", tcpStores + " sock.sk_pacing_rate sock.sk_pacing_status "},
	{From6_12, "tcp_congestion_ops", "tcp_sock", tcpStores + " sock.sk_pacing_rate sock.sk_pacing_status tcp_sock.app_limited tcp_sock.snd_cwnd_stamp "},
	{From6_1, "bpf_dummy_ops", "bpf_dummy_ops_state", " bpf_dummy_ops_state.val[] "},
	{From6_18, "Qdisc_ops", "sk_buff", " .tstamp "},
	{From6_12, "sched_ext_ops", "task_struct", " sched_ext_entity.slice[] sched_ext_entity.dsq_vtime[] sched_ext_entity.disallow "},
	{From6_12, "sched_ext_ops_cid", "task_struct", " sched_ext_entity.slice[] sched_ext_entity.dsq_vtime[] sched_ext_entity.disallow "},
	{InAll, "sched_cls", "nf_conn", " nf_conn.mark "},
	{InAll, "sched_cls", "nf_conn___init", " nf_conn.mark "},
	{InAll, "xdp", "nf_conn", " nf_conn.mark "},
	{InAll, "xdp", "nf_conn___init", " nf_conn.mark "},
	{From6_12, "io_uring_bpf_ops", "iou_loop_params", " iou_loop_params.cq_wait_idx[] "},
}

// storeMessage is what the programs of a struct_ops are told. Those without a
// row are told nothing, not even of members that are not to be written.
type storeMessage struct {
	ops    string
	others string // about objects that no row is of
	beyond string // about stores beyond the end of the object, with offset and size
}

var storeMessages = []storeMessage{
	{"tcp_congestion_ops", "only read is supported", ""},
	{"Qdisc_ops", "only read is supported", ""},
	{"sched_cls", "only read is supported", ""},
	{"xdp", "only read is supported", ""},
	{"bpf_dummy_ops", "only access to bpf_dummy_ops_state is supported", "write access at off %d with size %d"},
}

// StoreMessages returns what the programs of a struct_ops are told about objects
// of which nothing may be written, and about stores beyond the end of one: a format
// of offset and size, empty where that has no words of its own. It reports false
// for those that are told nothing.
func (k *Kernel) StoreMessages(ops string) (others, beyond string, told bool) {
	for _, m := range storeMessages {
		if m.ops == ops {
			return m.others, m.beyond, true
		}
	}
	return "", "", false
}

// MayStore tells whether the programs of a struct_ops may write to a member of
// an object, and whether at any of its bytes. It reports known as false when
// the struct_ops has no rule for such objects.
func (k *Kernel) MayStore(ops, object, holder, member string) (allowed, anywhere, known bool) {
	for i := range storeRows {
		r := &storeRows[i]
		if !r.kernels.In(k.Version) || r.ops != ops || r.object != object {
			continue
		}
		name := " " + holder + "." + member
		return strings.Contains(r.members, name+" ") || strings.Contains(r.members, name+"[] "),
			strings.Contains(r.members, name+"[] "), true
	}
	return false, false, false
}
