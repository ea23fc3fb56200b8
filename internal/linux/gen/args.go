package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// typedArgs writes what kernels said of the arguments of tracepoints and
// iterators ("probe args").
func typedArgs() error {
	tables := map[string]map[[2]string]uint8{"typedef:btf_trace_": {}, "func:bpf_iter_": {}}
	for i, v := range kernels {
		lines, err := rows(v, "args.tsv")
		if err != nil {
			return err
		}
		if v == "6.18" {
			// A kernel with more file systems and drivers built in.
			more, err := rows("args-live.tsv")
			if err != nil {
				return err
			}
			lines = append(lines, more...)
		}
		for _, line := range lines {
			for prefix, table := range tables {
				if name, ok := strings.CutPrefix(line[0], prefix); ok && !strings.Contains(line[1], "invalid") {
					table[[2]string{name, line[1]}] |= 1 << i
				}
			}
		}
	}
	var b bytes.Buffer
	writeArgs(&b, "tracepointArgs", tables["typedef:btf_trace_"])
	writeArgs(&b, "iteratorArgs", tables["func:bpf_iter_"])
	return write("args_gen.go", &b)
}

func writeArgs(b *bytes.Buffer, name string, table map[[2]string]uint8) {
	keys := make([][2]string, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i][0] != keys[j][0] {
			return keys[i][0] < keys[j][0]
		}
		return table[keys[i]] < table[keys[j]]
	})
	fmt.Fprintf(b, "var %s = []typedArgs{\n", name)
	for _, k := range keys {
		fmt.Fprintf(b, "\t{%s, %q, %q},\n", kernelSet(table[k]), k[0], k[1])
	}
	fmt.Fprintln(b, "}")
}
