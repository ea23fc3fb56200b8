package linux

import (
	"fmt"
	"strings"
)

// Caps is the set of capabilities of the process that loads a program, as far
// as bpf(2) asks for them.
type Caps uint8

// Capabilities that bpf(2) asks for. CapSysAdmin implies the others.
const (
	CapBPF Caps = 1 << iota
	CapPerfmon
	CapNetAdmin
	CapSysAdmin

	CapNone Caps = 0
	CapAll       = CapBPF | CapPerfmon | CapNetAdmin | CapSysAdmin
)

var capNames = []struct {
	cap  Caps
	name string
}{
	{CapBPF, "CAP_BPF"}, {CapPerfmon, "CAP_PERFMON"}, {CapNetAdmin, "CAP_NET_ADMIN"}, {CapSysAdmin, "CAP_SYS_ADMIN"},
}

// ParseCaps reads names separated by commas, with or without "CAP_" and in any
// case; "all" and "none" are accepted.
func ParseCaps(s string) (Caps, error) {
	var set Caps
	for _, word := range strings.Split(s, ",") {
		c, err := parseCap(strings.ToUpper(strings.TrimSpace(word)))
		if err != nil {
			return 0, err
		}
		set |= c
	}
	return set, nil
}

func parseCap(word string) (Caps, error) {
	switch word {
	case "ALL":
		return CapAll, nil
	case "NONE", "":
		return CapNone, nil
	}
	for _, row := range capNames {
		if word == row.name || "CAP_"+word == row.name {
			return row.cap, nil
		}
	}
	return 0, fmt.Errorf("unknown capability %q: want CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYS_ADMIN, all or none", word)
}

// Has reports whether the set grants c; CAP_SYS_ADMIN grants everything.
func (s Caps) Has(c Caps) bool { return s&CapSysAdmin != 0 || s&c == c }

// String lists the names, "none" for the empty set.
func (s Caps) String() string {
	var names []string
	for _, row := range capNames {
		if s&row.cap != 0 {
			names = append(names, row.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ",")
}

// guardedField is a part of a context that is only accessible with CAP_BPF.
type guardedField struct {
	typ        uint32 // BPF_PROG_TYPE_*
	first, end int64
	writeOnly  bool // reading it needs nothing
}

// guardedFields are those of types that load without CAP_BPF. Linux 5.10 to 7.2
// are alike.
var guardedFields = []guardedField{
	{8, 76, 84, false},  // cgroup_skb: data and data_end
	{8, 152, 160, true}, // cgroup_skb: tstamp
}

// CapsForContext returns the capabilities without which programs of a type may
// not access their context at off.
func CapsForContext(typ uint32, off int64, write bool) Caps {
	for _, f := range guardedFields {
		if f.typ == typ && off >= f.first && off < f.end && (write || !f.writeOnly) {
			return CapBPF
		}
	}
	return CapNone
}

// Map types that take a capability to create; the others take none where
// kernel.unprivileged_bpf_disabled is 0. Linux 5.10 to 7.2 are alike.
var (
	// capBPFMaps are the LRU hashes, lpm_trie, stack_trace, cpumap,
	// reuseport_sockarray, queue, stack, the storages of sockets, inodes, tasks
	// and cgroups, struct_ops, bloom_filter, arena and insn_array.
	capBPFMaps = setOf(7, 9, 10, 11, 16, 20, 22, 23, 24, 26, 28, 29, 30, 32, 33, 34)
	// netAdminMaps are devmap, sockmap, xskmap, sockhash and devmap_hash.
	netAdminMaps = setOf(14, 15, 17, 18, 25)
)

// mapZeroSeed is BPF_F_ZERO_SEED, which makes the order of a hash predictable.
const mapZeroSeed = 1 << 6

// CapsForMap returns the capabilities without which a kernel does not create a
// map of a type (BPF_MAP_TYPE_*) with some flags. Fields such as timers and
// kptrs in its values take CAP_BPF besides.
func CapsForMap(typ, flags uint32) Caps {
	if typ >= 64 {
		return CapBPF
	}
	var need Caps
	bit := progTypes(1) << typ
	if bit&capBPFMaps != 0 {
		need |= CapBPF
	}
	if bit&netAdminMaps != 0 {
		need |= CapNetAdmin
	}
	if flags&mapZeroSeed != 0 {
		need |= CapSysAdmin
	}
	return need
}

// Each calls visit for every capability of the set, in the order of their names
// in messages.
func (s Caps) Each(visit func(c Caps)) {
	for _, row := range capNames {
		if s&row.cap != 0 {
			visit(row.cap)
		}
	}
}
