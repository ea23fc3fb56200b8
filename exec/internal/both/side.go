package both

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
)

// Input is what a program is run with.
type Input struct {
	Name string
	Data []byte
	Ctx  []byte
}

// Line is a part of what a run left: "return", "data", or an element of a map.
type Line struct{ Label, Text string }

// Side is a program with its maps, on one of the two sides.
type Side interface {
	// Run runs the program and returns what it left of its input.
	Run(in *Input) ([]Line, error)
	// Contents reads the maps. What can be read only once is read at the end.
	Contents(end bool) []Line
	Close()
}

// mapSide reads one map.
type mapSide interface {
	Next(key []byte) ([]byte, bool)
	Get(key []byte) ([]byte, bool)
	// Drain empties maps without keys.
	Drain() [][]byte
}

// readable tells the maps whose contents have a meaning that both sides share.
func readable(typ ebpf.MapType) bool {
	switch typ {
	case ebpf.Array, ebpf.Hash, ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUHash, ebpf.LRUCPUHash, ebpf.LPMTrie:
		return true
	}
	return false
}

// drained tells the maps that are read by emptying them.
func drained(typ ebpf.MapType) bool {
	switch typ {
	case ebpf.Queue, ebpf.Stack, ebpf.RingBuf, ebpf.PerfEventArray:
		return true
	}
	return false
}

// maxElements bounds what is read of a map.
const maxElements = 4096

func contents(spec *ebpf.MapSpec, m mapSide, end bool) (lines []Line) {
	switch {
	case readable(spec.Type):
		key, ok := m.Next(nil)
		for n := 0; ok && n < maxElements; n++ {
			if v, found := m.Get(key); found && strings.Trim(string(v), "\x00") != "" {
				lines = append(lines, Line{fmt.Sprintf("map %s %x", spec.Name, key), fmt.Sprintf("%x", v)})
			}
			key, ok = m.Next(key)
		}
		slices.SortFunc(lines, func(a, b Line) int { return strings.Compare(a.Label, b.Label) })
	case drained(spec.Type) && end:
		for i, v := range m.Drain() {
			lines = append(lines, Line{fmt.Sprintf("map %s record %d", spec.Name, i), fmt.Sprintf("%x", v)})
		}
	}
	return lines
}

// needed returns a copy of a collection with a program, those that it may call
// through program arrays, and the maps.
func needed(spec *ebpf.CollectionSpec, name string) *ebpf.CollectionSpec {
	c := spec.Copy()
	keep := map[string]bool{name: true}
	for _, m := range c.Maps {
		if m.Type != ebpf.ProgramArray {
			continue
		}
		for _, kv := range m.Contents {
			if target, ok := kv.Value.(string); ok {
				keep[target] = true
			}
		}
	}
	for n := range c.Programs {
		if !keep[n] {
			delete(c.Programs, n)
		}
	}
	return c
}

// Different lists what two sides do not agree in; what two runs of one side
// do not agree in is left out.
func Different(here, there, again []Line) (list []string) {
	text := func(lines []Line) map[string]string {
		m := make(map[string]string)
		for _, l := range lines {
			m[l.Label] = l.Text
		}
		return m
	}
	h, k, a := text(here), text(there), text(again)
	labels := make(map[string]bool)
	for _, m := range []map[string]string{h, k} {
		for label := range m {
			labels[label] = true
		}
	}
	for label := range labels {
		if h[label] != k[label] && k[label] == a[label] {
			list = append(list, fmt.Sprintf("%s\n    here   %s\n    kernel %s", label, h[label], k[label]))
		}
	}
	slices.Sort(list)
	return list
}

// mapsOf returns the maps that the programs of a collection use, and those in
// maps of maps.
func mapsOf(spec *ebpf.CollectionSpec) map[string]bool {
	used := make(map[string]bool)
	for _, p := range spec.Programs {
		for _, ins := range p.Instructions {
			if ins.IsLoadFromMap() {
				used[ins.Reference()] = true
			}
		}
	}
	for name, m := range spec.Maps {
		if !used[name] || m.InnerMap == nil {
			continue
		}
		for _, kv := range m.Contents {
			if inner, ok := kv.Value.(string); ok {
				used[inner] = true
			}
		}
	}
	return used
}
