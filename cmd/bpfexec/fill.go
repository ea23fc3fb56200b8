package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	exmaps "github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/typed"
)

// fillMaps reads the files of --map.
func (o *runOptions) fillMaps(machine *exec.Machine) error {
	for _, arg := range o.maps {
		name, file, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("--map %q: want NAME=FILE", arg)
		}
		m := machine.Map(name)
		if m == nil {
			names := slices.Sorted(maps.Keys(machine.Maps()))
			return fmt.Errorf("--map: the program has no map %q; there are: %s", name, strings.Join(names, ", "))
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
		return explainJSON(text, err)
	}
	raw := m.Raw().Spec()
	for i, e := range list {
		var key []byte
		var err error
		if raw.KeySize > 0 {
			if e.Key == nil {
				return fmt.Errorf("element %d: no key", i)
			}
			if key, err = typed.Encode(e.Key, int(raw.KeySize)); err != nil {
				return fmt.Errorf("element %d: key: %w", i, err)
			}
		}
		if e.Value == nil {
			return fmt.Errorf("element %d: no value", i)
		}
		value, err := typed.Encode(e.Value, int(raw.ValueSize))
		if err != nil {
			return fmt.Errorf("element %d: value: %w", i, err)
		}
		for len(value) < m.ValueLen() {
			value = append(value, value[:min(int(raw.ValueSize+7)&^7, m.ValueLen()-len(value))]...)
		}
		if err := m.Update(key, value, exmaps.Any); err != nil {
			return fmt.Errorf("element %d: %w%s", i, err, whyNot(err, m.Spec()))
		}
	}
	return nil
}

// explainJSON says where a list of elements is wrong.
func explainJSON(text []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		before := text[:min(max(int(syntax.Offset)-1, 0), len(text))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := len(before) - bytes.LastIndexByte(before, '\n')
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	case errors.As(err, &typ):
		return fmt.Errorf(`a JSON %s, want a list of {"key": ..., "value": ...}`, typ.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New(`the file ends before the list of {"key": ..., "value": ...} does`)
	}
	return err
}

// whyNot adds to E2BIG what a map has room for.
func whyNot(err error, spec *ebpf.MapSpec) string {
	if errors.Is(err, errno.E2BIG) {
		return fmt.Sprintf(": the map has room for %d elements", spec.MaxEntries)
	}
	return ""
}
