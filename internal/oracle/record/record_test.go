package record_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
)

func TestReadWrite(t *testing.T) {
	want := []record.Record{
		{Object: "a.o", Program: "f", Type: "xdp", ProgType: 6, Verdict: oracle.Reject, Errno: "EACCES",
			Msg: "R1 <bad> & 'scalar'", Messages: []string{"R1 <bad> & 'scalar'"}, ErrInsn: 4},
		{Object: "b/c.o", Program: "g", Verdict: oracle.Skip, SkipReason: oracle.SkipTarget, ErrInsn: -1},
	}
	var buf bytes.Buffer
	require.NoError(t, record.Write(&buf, want))
	require.Contains(t, buf.String(), "<bad> &", "messages are to be read by people")
	got, err := record.Read(&buf)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, &got[1], record.Index(got)[record.Key{Object: "b/c.o", Program: "g"}])

	some, err := record.Matching(got, "*.o")
	require.NoError(t, err)
	require.Len(t, some, 1, "* does not match a slash")
	_, err = record.Matching(got, "[")
	require.Error(t, err)
}

func TestReadNamesTheLine(t *testing.T) {
	_, err := record.Read(strings.NewReader("{}\n\n{]\n"))
	require.ErrorContains(t, err, "line 3")
}

func TestObject(t *testing.T) {
	k, err := oracle.Open()
	if errors.Is(err, oracle.ErrNoKernel) {
		t.Skip(err)
	}
	require.NoError(t, err)
	ret := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	spec := &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{
		"good": {Name: "good", Type: ebpf.SocketFilter, License: "GPL", Instructions: ret},
		"bad": {Name: "bad", Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{
			asm.Mov.Reg(asm.R0, asm.R6), asm.Return()}},
		"nowhere": {Name: "nowhere", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "no_such", License: "GPL", Instructions: ret},
	}}
	records, err := record.Object(k, "o", spec, record.Options{Repeat: 2})
	require.NoError(t, err)
	require.Len(t, records, 3)
	bad, good, nowhere := &records[0], &records[1], &records[2]
	require.Equal(t, oracle.Accept, good.Verdict)
	require.Equal(t, "socket_filter", good.Type)
	require.Equal(t, 2, good.Processed)
	require.Equal(t, oracle.Reject, bad.Verdict)
	require.Equal(t, "R6 !read_ok", bad.Msg)
	require.Equal(t, 0, bad.ErrInsn)
	require.Equal(t, oracle.SkipTarget, nowhere.SkipReason)

	records, err = record.Object(k, "none", &ebpf.CollectionSpec{}, record.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.SkipNoProgram, records[0].SkipReason)
}
