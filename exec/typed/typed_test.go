package typed_test

import (
	"encoding/json"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/typed"
)

var (
	u32  = &btf.Typedef{Name: "__u32", Type: &btf.Int{Name: "unsigned int", Size: 4}}
	s16  = &btf.Int{Name: "short", Size: 2, Encoding: btf.Signed}
	char = &btf.Int{Name: "char", Size: 1, Encoding: btf.Signed}
)

func TestDecode(t *testing.T) {
	event := &btf.Struct{Name: "event", Size: 12, Members: []btf.Member{
		{Name: "pid", Type: u32},
		{Name: "comm", Type: &btf.Array{Type: char, Nelems: 4}, Offset: 32},
		{Name: "pair", Type: &btf.Array{Type: s16, Nelems: 2}, Offset: 64},
	}}
	for _, tc := range []struct {
		typ  btf.Type
		in   []byte
		want string
	}{
		{u32, []byte{1, 2, 0, 0}, `513`},
		{s16, []byte{0xff, 0xff}, `-1`},
		{nil, []byte{0xca, 0xfe}, `"cafe"`},
		{u32, []byte{1, 2}, `"0102"`},
		{event, []byte{7, 0, 0, 0, 's', 'h', 0, 0, 1, 0, 0xfe, 0xff}, `{"pid":7,"comm":"sh","pair":[1,-2]}`},
		{&btf.Struct{Size: 1, Members: []btf.Member{
			{Name: "low", Type: u32, BitfieldSize: 3}, {Name: "high", Type: u32, Offset: 3, BitfieldSize: 5},
		}}, []byte{0b10110101}, `{"low":5,"high":22}`},
	} {
		got, err := json.Marshal(typed.Decode(tc.in, tc.typ))
		require.NoError(t, err)
		require.Equal(t, tc.want, string(got))
	}
}

func TestEncode(t *testing.T) {
	for _, tc := range []struct {
		in   any
		size int
		want []byte
		err  string
	}{
		{json.Number("258"), 4, []byte{2, 1, 0, 0}, ""},
		{json.Number("-1"), 2, []byte{0xff, 0xff}, ""},
		{json.Number("256"), 1, nil, "256 does not fit into 1 bytes"},
		{json.Number("1.5"), 4, nil, "1.5 is not an integer"},
		{"0x0102", 2, []byte{1, 2}, ""},
		{"0102", 4, nil, `"0102" has 2 bytes, want 4`},
		{[]any{json.Number("1"), json.Number("2")}, 4, []byte{1, 0, 2, 0}, ""},
		{true, 4, nil, "a value must be a number, a string of hex digits or a list, not bool"},
	} {
		got, err := typed.Encode(tc.in, tc.size)
		if tc.err != "" {
			require.EqualError(t, err, tc.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tc.want, got)
	}
}
