package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	exmaps "github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/replay"
	"github.com/bpflint/bpflint/exec/typed"
)

// result is what a run prints; its JSON form has the version in the first
// field.
type result struct {
	Version  int                `json:"version"`
	Program  string             `json:"program"`
	Type     string             `json:"type"`
	Return   *uint32            `json:"return,omitempty"`
	Insns    uint64             `json:"instructions"`
	Duration time.Duration      `json:"duration_ns"` // of one run
	Data     string             `json:"data_out,omitempty"`
	Ctx      string             `json:"ctx_out,omitempty"`
	Replay   *replayResult      `json:"replay,omitempty"`
	Maps     map[string][]entry `json:"maps,omitempty"`
}

// replayResult is what became of the packets of a capture.
type replayResult struct {
	Packets    uint64         `json:"packets"`
	Bytes      uint64         `json:"bytes"`
	Skipped    uint64         `json:"skipped,omitempty"`
	SkipReason string         `json:"skip_reason,omitempty"`
	Verdicts   []verdictCount `json:"verdicts"`
}

type verdictCount struct {
	Name    string `json:"name"`
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// entry is an element of a map, or a record.
type entry struct {
	Key   any  `json:"key,omitempty"`
	Value any  `json:"value"`
	zero  bool // an element of an array that holds nothing but zeros
}

func newResult(p *exec.Program, out *exec.Output) *result {
	return &result{
		Version: 1, Program: p.Name(), Type: p.Type().String(), Return: &out.Return, Insns: uint64(out.Insns),
		Duration: out.Duration, Data: hex.EncodeToString(out.Data), Ctx: hex.EncodeToString(out.Ctx),
	}
}

// replayed is the result for a capture.
func replayed(p *exec.Program, found *replay.Result) *result {
	r := &result{Version: 1, Program: p.Name(), Type: p.Type().String(), Insns: found.Insns, Replay: &replayResult{
		Packets: found.Packets, Bytes: found.Bytes, Skipped: found.Skipped, SkipReason: found.SkipReason,
		Verdicts: []verdictCount{},
	}}
	for _, v := range found.Verdicts {
		r.Replay.Verdicts = append(r.Replay.Verdicts, verdictCount(v))
	}
	if found.Packets > 0 {
		r.Duration = found.Time / time.Duration(found.Packets)
	}
	return r
}

func (r *result) addMaps(m *exec.Machine) {
	r.Maps = make(map[string][]entry)
	for name, m := range m.Maps() {
		r.Maps[name] = entries(m)
	}
}

// maxEntries bounds what is printed of one map.
const maxEntries = 10_000

// entries reads a map; what user space would consume is consumed.
func entries(m *exec.Map) []entry {
	list := []entry{}
	switch raw := m.Raw().(type) {
	case *exmaps.Ring:
		raw.Read(func(b []byte) { list = append(list, entry{Value: hex.EncodeToString(b)}) })
		return list
	case *exmaps.Events:
		for _, r := range raw.Read() {
			list = append(list, entry{Key: r.CPU, Value: hex.EncodeToString(r.Data)})
		}
		return list
	}
	spec := m.Spec()
	array := spec.Type == ebpf.Array || spec.Type == ebpf.PerCPUArray
	for key, err := m.Next(nil); err == nil && len(list) < maxEntries; key, err = m.Next(key) {
		value, err := m.Lookup(key)
		if err != nil {
			continue
		}
		list = append(list, entry{typed.Decode(key, spec.Key), values(spec, value), array && len(bytes.Trim(value, "\x00")) == 0})
	}
	return list
}

// values decodes a value, or the list of those of all CPUs.
func values(spec *ebpf.MapSpec, b []byte) any {
	size := int(spec.ValueSize)
	if len(b) <= size || size == 0 {
		return typed.Decode(b, spec.Value)
	}
	var list []any
	for stride := (size + 7) &^ 7; len(b) >= stride; b = b[stride:] {
		list = append(list, typed.Decode(b[:size], spec.Value))
	}
	return list
}

func (o *runOptions) print(w io.Writer, r *result) error {
	if o.format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	r.printRun(w)
	return r.printMaps(w)
}

// printMaps prints the contents of the maps, if they were asked for.
func (r *result) printMaps(w io.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(r.Maps)) {
		if err := printEntries(w, name, r.Maps[name]); err != nil {
			return err
		}
	}
	return nil
}

// printEntries prints what a map holds, of an array only what is not zero.
func printEntries(w io.Writer, name string, list []entry) error {
	zero := 0
	for _, e := range list {
		if e.zero {
			zero++
		}
	}
	if zero > 0 && zero == len(list) {
		fmt.Fprintf(w, "map %s: %d entries, all zero\n", name, zero)
		return nil
	}
	fmt.Fprintf(w, "map %s: %d entries\n", name, len(list))
	for _, e := range list {
		if e.zero {
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s\n", line)
	}
	if zero > 0 {
		fmt.Fprintf(w, "  and %d that are zero\n", zero)
	}
	return nil
}

// printRun prints what the program did.
func (r *result) printRun(w io.Writer) {
	if r.Replay != nil {
		r.printReplay(w)
		return
	}
	fmt.Fprintf(w, "%s (%s) returns %d (%#x) after %d instructions, %s\n", r.Program, r.Type, int32(*r.Return), *r.Return, r.Insns, r.Duration)
	if r.Data != "" {
		fmt.Fprintf(w, "data out: %s\n", r.Data)
	}
	if r.Ctx != "" && strings.Trim(r.Ctx, "0") != "" {
		fmt.Fprintf(w, "context out: %s\n", r.Ctx)
	}
}

// barWidth is how long the bar of a verdict of all packets is.
const barWidth = 40

func (r *result) printReplay(w io.Writer) {
	p := r.Replay
	fmt.Fprintf(w, "%s (%s): %d packets, %d bytes, %d instructions, %s each\n", r.Program, r.Type, p.Packets, p.Bytes, r.Insns, r.Duration)
	for _, v := range p.Verdicts {
		share := float64(v.Packets) / float64(p.Packets)
		line := fmt.Sprintf("  %-18s %10d packets %12d bytes %6.2f%%  %s", v.Name, v.Packets, v.Bytes, 100*share,
			strings.Repeat("#", int(share*barWidth+0.5)))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	if p.Skipped > 0 {
		fmt.Fprintf(w, "  %-18s %10d packets: %s\n", "not run", p.Skipped, p.SkipReason)
	}
}
