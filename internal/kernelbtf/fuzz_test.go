package kernelbtf

import (
	"bytes"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"
)

// FuzzParse reads a file of types and all types in it.
func FuzzParse(f *testing.F) {
	builder := new(btf.Builder)
	number := &btf.Int{Name: "int", Size: 4}
	list := &btf.Struct{Name: "list", Size: 16, Members: []btf.Member{{Name: "n", Type: number}}}
	list.Members = append(list.Members, btf.Member{Name: "next", Type: &btf.Pointer{Target: list}, Offset: 64})
	for _, typ := range []btf.Type{number, list, &btf.Func{Name: "f", Type: &btf.FuncProto{Return: number}}} {
		_, err := builder.Add(typ)
		require.NoError(f, err)
	}
	raw, err := builder.Marshal(nil, nil)
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, content []byte) {
		spec, err := parse(bytes.NewReader(content))
		if err != nil {
			require.Nil(t, spec)
			return
		}
		for _, err := range spec.All() {
			if err != nil {
				return
			}
		}
	})
}
