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
// Capability sets that allow the same share a row.
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
	for _, h := range allHooks(spec) {
		loadable := strings.Fields(h.loadableWith(l))
		var order []string
		sets := map[string]string{}
		for _, c := range capSets {
			if !contains(loadable, c.name) || h.target != "" && c.name != "all" {
				continue
			}
			var callable string
			err := c.with(func() error { callable = h.callable(l, last); return nil })
			if err != nil {
				return err
			}
			if sets[callable] == "" {
				order = append(order, callable)
				sets[callable] = c.name
			} else {
				sets[callable] += " " + c.name
			}
		}
		for _, callable := range order {
			fmt.Fprintf(w, "%s\t%s\t%s\n", h, sets[callable], callable)
		}
	}
	return nil
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
func (h hook) callable(l *loader, last uint32) string {
	var set big.Int
	for id := uint32(1); id <= last; id++ {
		if _, log := l.load(h.program(call(int32(id)), movImm(0, 0), exit())); !refused(log) {
			set.SetBit(&set, int(id), 1)
		}
	}
	return set.Text(16)
}

// refused tells whether a log says that the program may not call the helper
// at all.
func refused(log string) bool {
	return strings.Contains(log, "unknown func ") || strings.Contains(log, "program of this type cannot use helper ") ||
		strings.Contains(log, "invalid func ")
}
