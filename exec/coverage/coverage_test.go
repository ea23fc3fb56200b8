package coverage_test

import (
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/coverage"
	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
)

var update = flag.Bool("update", false, "write the golden files anew")

// report is the coverage of a program that was run with two packets: one that
// it has nothing to do with, and one that it looks into.
func report(t *testing.T) *coverage.Report {
	t.Chdir("../..") // where the paths of line info begin
	spec, err := ebpf.LoadCollectionSpec("testdata/objects/xdp_functions.bpf.o")
	require.NoError(t, err)
	recorder := profile.New(profile.Options{Edges: true})
	machine := exec.New(exec.Config{Observer: recorder})
	program, err := machine.LoadSpec(spec, "balance", target.New(linux.DefaultTarget(), linux.CapAll, ""))
	require.NoError(t, err)
	packet := make([]byte, 64)
	for range 2 {
		_, err = program.Run(exec.Input{Data: packet})
		require.NoError(t, err)
		binary.BigEndian.PutUint16(packet[12:], 0x0800)
		packet[14], packet[23] = 0x45, 17
	}
	return coverage.New(recorder.Counts())
}

func TestLCOV(t *testing.T) {
	var b strings.Builder
	require.NoError(t, report(t).WriteLCOV(&b))
	golden(t, "exec/coverage/testdata/functions.info", b.String())
}

func TestListing(t *testing.T) {
	var b strings.Builder
	require.NoError(t, report(t).WriteListing(&b))
	require.Contains(t, b.String(), "          -      6  LICENSE(\"GPL\");\n")
	require.Contains(t, b.String(), "          1     23  \tflow->sport = udp->src;\n")
}

// TestListingWithoutSource lists what line info knows.
func TestListingWithoutSource(t *testing.T) {
	r := report(t)
	root, err := os.Getwd()
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	var b strings.Builder
	require.NoError(t, r.WriteListing(&b))
	golden(t, filepath.Join(root, "exec/coverage/testdata/functions.txt"), b.String())
}

func golden(t *testing.T, file, got string) {
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
