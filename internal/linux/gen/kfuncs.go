package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// sessionKfuncs may also be called from sessions of probes, which the record of
// kernels that had them did not ask.
var sessionKfuncs = map[string]string{
	"bpf_session_cookie": "2/56 2/56/s 2/57 2/57/s", "bpf_session_is_return": "2/56 2/56/s 2/57 2/57/s",
}

// kfuncs writes what kernels register. The kernels that were measured build
// conntrack as a module; modules.tsv says what others have that do not, from the
// first kernel on that has it. Its rows are from a 6.18.44, whose messages tell
// flags and callers apart.
func kfuncs() error {
	var callers index
	callers.of(" ")
	seen := map[string]uint8{}
	var order []string
	for k, kernel := range kernels {
		table, err := rows(kernel, "kfuncs.tsv")
		if errors.Is(err, fs.ErrNotExist) {
			continue // not measured yet
		}
		if err != nil {
			return err
		}
		lists := map[string]string{}
		for _, r := range table {
			if r[0] == "-" {
				lists[r[1]] = r[2]
				continue
			}
			list := strings.TrimLeft(lists[r[3]]+" "+sessionKfuncs[r[0]], " ")
			flags := ""
			if r[1] != "0x0" {
				flags = ", Flags: " + r[1]
			}
			row := fmt.Sprintf("%s\t%s, callers: %d", r[0], flags, callers.of(strings.TrimRight(" "+list, " ")+" "))
			if seen[row] == 0 {
				order = append(order, row)
			}
			seen[row] |= 1 << k
		}
	}
	modules, err := rows("modules.tsv")
	if err != nil {
		return err
	}
	for _, r := range modules {
		row := fmt.Sprintf("%s\t, Flags: %s, callers: %d", r[0], r[2], callers.of(" "+r[3]+" "))
		order = append(order, row)
		seen[row] = 0b11111 &^ (1<<slices.Index(kernels, r[1]) - 1)
	}
	slices.Sort(order)
	var b bytes.Buffer
	b.WriteString("var kfuncs = []Kfunc{\n")
	for _, row := range order {
		name, rest, _ := strings.Cut(row, "\t")
		fmt.Fprintf(&b, "{Name: %q, Kernels: %s%s},\n", name, kernelSet(seen[row]), rest)
	}
	b.WriteString("}\n\nvar kfuncCallers = [...]string{\n")
	for _, c := range callers.texts {
		fmt.Fprintf(&b, "%q,\n", c)
	}
	b.WriteString("}\n")
	return write("kfuncs_gen.go", &b)
}

// idSets are the sets of functions and types that the tables take over; the
// hooks already say what the others decide.
var idSets = map[string]string{
	"functions_without_symbol": "NoSymbol",
	"btf_allowlist_d_path":     "DPathCallers", "btf_non_sleepable_error_inject": "NonSleepableInject", "btf_id_deny": "TracingDenied",
	"noreturn_deny": "ExitDenied", "fexit_deny": "ExitDenied", "rcu_protected_types": "RCUTypes", "untrusted_lsm_hooks": "UntrustedLSM",
}

func sets() error {
	seen := map[string]uint8{}
	var order []string
	for k, kernel := range kernels {
		table, err := rows(kernel, "sets.tsv")
		if errors.Is(err, fs.ErrNotExist) {
			continue // not measured yet
		}
		if err != nil {
			return err
		}
		symbols, err := rows(kernel, "symbols.tsv")
		if err != nil {
			return err
		}
		for _, r := range append(table, symbols...) {
			if idSets[r[0]] == "" || r[1] == "" {
				continue
			}
			row := fmt.Sprintf("%s, %q", idSets[r[0]], " "+r[1]+" ")
			if seen[row] == 0 {
				order = append(order, row)
			}
			seen[row] |= 1 << k
		}
	}
	slices.Sort(order)
	var b bytes.Buffer
	b.WriteString("var nameSets = []nameSet{\n")
	for _, row := range order {
		fmt.Fprintf(&b, "{%s, %s},\n", kernelSet(seen[row]), row)
	}
	b.WriteString("}\n")
	return write("sets_gen.go", &b)
}
