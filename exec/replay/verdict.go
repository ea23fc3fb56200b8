package replay

import "github.com/cilium/ebpf"

// verdict is a return value of a packet program.
type verdict struct {
	name string
	// gone says that the packet goes no further.
	gone bool
}

// verdicts are the return values by program type (include/uapi/linux/bpf.h and
// pkt_cls.h).
var verdicts = map[ebpf.ProgramType]map[int32]verdict{
	ebpf.XDP: {
		0: {"XDP_ABORTED", true}, 1: {"XDP_DROP", true}, 2: {"XDP_PASS", false},
		3: {"XDP_TX", false}, 4: {"XDP_REDIRECT", false},
	},
	ebpf.SchedCLS: tcVerdicts,
	ebpf.SchedACT: tcVerdicts,
	ebpf.CGroupSKB: {
		0: {"drop", true}, 1: {"pass", false}, 2: {"drop, congestion", true}, 3: {"pass, congestion", false},
	},
}

var tcVerdicts = map[int32]verdict{
	-1: {"TC_ACT_UNSPEC", false}, 0: {"TC_ACT_OK", false}, 1: {"TC_ACT_RECLASSIFY", false},
	2: {"TC_ACT_SHOT", true}, 3: {"TC_ACT_PIPE", false}, 4: {"TC_ACT_STOLEN", true},
	5: {"TC_ACT_QUEUED", true}, 6: {"TC_ACT_REPEAT", false}, 7: {"TC_ACT_REDIRECT", false},
	8: {"TC_ACT_TRAP", true},
}

// other is what return values that a type does not know are counted as.
const other = 1<<31 - 1

// verdictOf says what a return value means and as which one it is counted. A
// socket filter returns how many bytes to keep. Unknown values drop a packet
// of XDP; with other types it passes.
func verdictOf(t ebpf.ProgramType, ret uint32) (verdict, int32) {
	if v, ok := verdicts[t][int32(ret)]; ok {
		return v, int32(ret)
	}
	switch {
	case t == ebpf.SocketFilter && ret == 0:
		return verdict{"drop", true}, 0
	case t == ebpf.SocketFilter:
		return verdict{"keep", false}, other
	}
	return verdict{"other", t == ebpf.XDP}, other
}
