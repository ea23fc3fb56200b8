package main

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// printCalls writes which helpers each hook may call: hook, capability sets
// and the helpers as a hexadecimal number whose bit N stands for helper N.
// Capability sets that allow the same share a row. LSM hooks that may call
// what the first one of their kind may have none; the others say which helpers
// they were asked about.
func printCalls(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	ids, err := helperIDs(spec)
	if err != nil {
		return err
	}
	last := uint32(0)
	for _, id := range ids {
		if id < 1<<16 {
			last = max(last, id)
		}
	}
	l := newLoader()
	seen := map[hook]string{} // the helpers of the first LSM hook of each kind
	for _, h := range allHooks(spec) {
		ids := numbers(1, last+1)
		like := hook{typ: h.typ, attach: h.attach, sleepable: h.sleepable}
		first := seen[like]
		if first != "" {
			ids = lsmHelpers
		}
		order, sets := h.allCallable(l, ids)
		if h.typ == typeLSM && first == "" && len(order) == 1 {
			seen[like] = order[0]
		}
		for _, callable := range order {
			if first != "" && callable == intersect(first, bitSet(ids)) {
				continue // as the first one
			}
			partial := ""
			if len(ids) != int(last) {
				partial = "\tof " + bitSet(ids)
			}
			fmt.Fprintf(w, "%s\t%s\t%s%s\n", h, sets[callable], callable, partial)
		}
	}
	return nil
}

// lsmHelpers are those that some LSM hooks may call and others not.
var lsmHelpers = []uint32{
	17, 18, 46, 49, 57, 64, 65, 69, 79, 80, 81, 89, 93, 94, 107, 108, 112, 116, 118, 122, 123, 128, 129, 141, 145, 146, 147, 148, 151,
	156, 157, 158, 159, 161, 162, 166, 173, 174, 175, 183, 184, 185, 186, 187, 189, 191, 193, 210, 211,
}

// decisive are the sets of capabilities that make a difference: that
// CAP_NET_ADMIN decides about no helper was measured on 5.10 and 6.18.
var decisive = [][]string{{"none"}, {"bpf", "bpf,net_admin"}, {"bpf,perfmon", "bpf,perfmon,net_admin"}, {"all"}}

// allCallable gives the sets of helpers in the order of the capabilities, and
// for each the capabilities it goes with.
func (h hook) allCallable(l *loader, ids []uint32) (order []string, caps map[string]string) {
	loadable := strings.Fields(h.loadableWith(l))
	caps = map[string]string{}
	for _, names := range decisive {
		for _, c := range capSets {
			if !contains(names, c.name) || !contains(loadable, c.name) || h.target != "" && c.name != "all" {
				continue
			}
			var callable string
			_ = c.with(func() error { callable = h.callable(l, ids); return nil })
			if caps[callable] == "" {
				order = append(order, callable)
			}
			caps[callable] = strings.TrimSpace(caps[callable] + " " + c.name)
			break
		}
	}
	return order, caps
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// callable asks for every helper whether the hook's programs get to the check
// of its arguments.
func (h hook) callable(l *loader, ids []uint32) string {
	var yes []uint32
	for _, id := range ids {
		if _, log := l.load(h.program(call(int32(id)), movImm(0, 0), exit())); !refused(log) {
			yes = append(yes, id)
		}
	}
	return bitSet(yes)
}

// intersect gives the numbers that stand in both sets.
func intersect(a, b string) string {
	var x, y big.Int
	x.SetString(a, 16)
	y.SetString(b, 16)
	return x.And(&x, &y).Text(16)
}

// bitSet spells numbers as a hexadecimal one with their bits set.
func bitSet(nums []uint32) string {
	var set big.Int
	for _, n := range nums {
		set.SetBit(&set, int(n), 1)
	}
	return set.Text(16)
}

// refused tells whether a log says that the program may not call the helper
// at all.
func refused(log string) bool {
	return strings.Contains(log, "unknown func ") || strings.Contains(log, "program of this type cannot use helper ") ||
		strings.Contains(log, "invalid func ")
}
