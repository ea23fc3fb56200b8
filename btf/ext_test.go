package btf_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// smallBlob has an integer, the type of a function and two functions.
func smallBlob() []byte {
	return blob("\x00a\x00b\x00",
		1, 1<<24, 4, 32, // [1] int
		0, 13<<24, 1, // [2] int ()
		1, 12<<24, 2, // [3] a, static
		3, 12<<24, 2, // [4] b, static
	)
}

func blob(names string, types ...uint32) []byte {
	size := uint32(4 * len(types))
	header := []uint32{0x0001eb9f, 24, 0, size, size, uint32(len(names))}
	return append(bytesOf(slices.Concat(header, types)), names...)
}

func bytesOf(words []uint32) []byte {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// smallCode has functions at 0 and 4; slot 2 is the second half of a constant.
var smallCode = &btf.Code{Len: 7, Funcs: []int{0, 4}, Inside: func(slot int) bool { return slot == 2 }}

// TestTables has what Linux 6.18.44 says of tables for smallCode; what 5.10 and
// 6.1 say otherwise is named.
func TestTables(t *testing.T) {
	funcs := []uint32{0, 3, 4, 4}
	lines := []uint32{0, 1, 1, 1024, 4, 3, 3, 1024}
	for name, row := range map[string]struct {
		funcs, lines, core []uint32
		tail               bool // the last records of the tables have a word more than kernels know
		want, old          string
	}{
		"good":                   {funcs: funcs, lines: lines, core: []uint32{8, 1, 0, 6}},
		"none":                   {},
		"first function":         {funcs: []uint32{1, 3, 4, 4}, want: "nonzero insn_off 1 for the first func info record"},
		"order of functions":     {funcs: []uint32{0, 3, 0, 4}, want: "same or smaller insn offset (0) than previous func info record (0)"},
		"type of a function":     {funcs: []uint32{0, 3, 4, 1}, want: "invalid type id 1 in func info"},
		"place of a function":    {funcs: []uint32{0, 3, 5, 4}, want: "func_info BTF section doesn't match subprog layout in BPF program"},
		"a function less":        {funcs: []uint32{0, 3}, want: "number of funcs in func_info doesn't match number of subprogs"},
		"bad type, one less":     {funcs: []uint32{0, 1}, want: "invalid type id 1 in func info", old: "number of funcs in func_info doesn't match number of subprogs"},
		"tail of a function":     {funcs: funcs, tail: true, want: "nonzero tailing record in func info"},
		"line behind the end":    {lines: []uint32{0, 1, 1, 0, 7, 1, 1, 0}, want: "Invalid line_info[1].insn_off:7 (prev_offset:0 prog->len:7)"},
		"order of lines":         {lines: []uint32{0, 1, 1, 0, 0, 1, 1, 0}, want: "Invalid line_info[1].insn_off:0 (prev_offset:0 prog->len:7)"},
		"line inside a constant": {lines: []uint32{0, 1, 1, 0, 2, 1, 1, 0}, want: "Invalid insn code at line_info[1].insn_off"},
		"text of a line":         {lines: []uint32{0, 1, 5, 0, 4, 1, 1, 0}, want: "Invalid line_info[0].line_off or .file_name_off"},
		"function without line":  {lines: []uint32{0, 1, 1, 0, 5, 1, 1, 0}, want: "missing bpf_line_info for func#1"},
		"last function, no line": {lines: []uint32{0, 1, 1, 0, 3, 1, 1, 0}, want: "missing bpf_line_info for 1 funcs starting from func#1"},
		"half an instruction":    {core: []uint32{12, 1, 0, 6}, want: "Invalid core_relo[0].insn_off:12 prog->len:7"},
		"relocation behind":      {core: []uint32{8, 1, 0, 6, 56, 1, 0, 6}, want: "Invalid core_relo[1].insn_off:56 prog->len:7"},
		"type of a relocation":   {core: []uint32{8, 5, 0, 6}, want: "relo #0: bad type id 5"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range linux.Targets() {
				checked, err := btf.CheckAll(smallBlob(), btf.Kernel{Version: version})
				require.NoError(t, err)
				want := row.want
				if row.old != "" && !version.Has(linux.BTFEarlyFuncInfo) {
					want = row.old
				}
				require.Equal(t, want, message(checked, row.funcs, row.lines, row.core, row.tail), version)
			}
		})
	}
}

// message returns the kernel's line about tables, "" for good ones.
func message(checked *btf.Checked, funcs, lines, core []uint32, tail bool) string {
	table := func(words []uint32, width int) btf.Records {
		var all []uint32
		for rec := range slices.Chunk(words, width) {
			all = append(all, rec...)
			if tail {
				all = append(all, 1)
			}
		}
		if tail {
			width++
		}
		return btf.Records{Data: bytesOf(all), Size: uint32(4 * width)}
	}
	err := checked.CheckInfo(table(funcs, 2), table(lines, 4), smallCode)
	if err == nil {
		err = checked.CheckCore(table(core, 4), smallCode)
	}
	if r := btf.AsRefusal(err); r != nil {
		return r.Message
	}
	return ""
}
