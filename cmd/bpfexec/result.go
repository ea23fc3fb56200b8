package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec"
	exmaps "github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/typed"
	"github.com/bpflint/bpflint/prog"
)

// result is what a run prints; its JSON form has the version in the first
// field.
type result struct {
	Version  int                `json:"version"`
	Program  string             `json:"program"`
	Type     string             `json:"type"`
	Return   uint32             `json:"return"`
	Insns    int                `json:"instructions"`
	Duration time.Duration      `json:"duration_ns"`
	Data     string             `json:"data_out,omitempty"`
	Ctx      string             `json:"ctx_out,omitempty"`
	Maps     map[string][]entry `json:"maps,omitempty"`
}

// entry is an element of a map, or a record.
type entry struct {
	Key   any `json:"key,omitempty"`
	Value any `json:"value"`
}

func newResult(p *exec.Program, m *exec.Machine, out *exec.Output, dump bool) *result {
	r := &result{
		Version: 1, Program: p.Name(), Type: p.Type().String(), Return: out.Return, Insns: out.Insns,
		Duration: out.Duration, Data: hex.EncodeToString(out.Data), Ctx: hex.EncodeToString(out.Ctx),
	}
	if dump {
		r.Maps = make(map[string][]entry)
		for name, m := range m.Maps() {
			r.Maps[name] = entries(m)
		}
	}
	return r
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
	for key, err := m.Next(nil); err == nil && len(list) < maxEntries; key, err = m.Next(key) {
		value, err := m.Lookup(key)
		if err != nil {
			continue
		}
		list = append(list, entry{typed.Decode(key, spec.Key), values(spec, value)})
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
	if o.trace {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s (%s) returns %d (%#x) after %d instructions, %s\n", r.Program, r.Type, r.Return, r.Return, r.Insns, r.Duration)
	if r.Data != "" {
		fmt.Fprintf(w, "data out: %s\n", r.Data)
	}
	if r.Ctx != "" && strings.Trim(r.Ctx, "0") != "" {
		fmt.Fprintf(w, "context out: %s\n", r.Ctx)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Maps)) {
		fmt.Fprintf(w, "map %s: %d entries\n", name, len(r.Maps[name]))
		for _, e := range r.Maps[name] {
			line, err := json.Marshal(e)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	return nil
}

// fillMaps reads the files of --map.
func (o *runOptions) fillMaps(machine *exec.Machine) error {
	for _, arg := range o.maps {
		name, file, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("--map %q: want NAME=FILE", arg)
		}
		m := machine.Map(name)
		if m == nil {
			return fmt.Errorf("--map: the program has no map %q", name)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--map: %w", err)
		}
		if err := fillMap(m, text); err != nil {
			return fmt.Errorf("--map %s: %w", file, err)
		}
	}
	return nil
}

func fillMap(m *exec.Map, text []byte) error {
	var list []entry
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&list); err != nil {
		return err
	}
	raw := m.Raw().Spec()
	for i, e := range list {
		var key []byte
		var err error
		if raw.KeySize > 0 {
			if key, err = typed.Encode(e.Key, int(raw.KeySize)); err != nil {
				return fmt.Errorf("element %d: key: %w", i, err)
			}
		}
		value, err := typed.Encode(e.Value, int(raw.ValueSize))
		if err != nil {
			return fmt.Errorf("element %d: value: %w", i, err)
		}
		for len(value) < m.ValueLen() {
			value = append(value, value[:min(int(raw.ValueSize+7)&^7, m.ValueLen()-len(value))]...)
		}
		if err := m.Update(key, value, exmaps.Any); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// disassemble prints an instruction.
func disassemble(p *prog.Program, slot int) string { return cfg.Disasm(p.Insns, slot) }
