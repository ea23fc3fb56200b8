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
