package main

import (
	"io"
	"os"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
)

// loadObjects reads the objects that the paths name.
func loadObjects(paths []string, _ io.Reader) ([]analysis.Object, error) {
	var out []analysis.Object
	for _, path := range paths {
		o := analysis.Object{Path: path}
		var data *os.File
		if data, o.Err = os.Open(path); o.Err == nil {
			o.Spec, o.Err = ebpf.LoadCollectionSpecFromReader(data)
			data.Close()
		}
		out = append(out, o)
	}
	return out, nil
}
