package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
)

const (
	objects   = "../../testdata/objects/"
	scenarios = "../../exec/scenario/testdata/"
)

// command runs bpfexec and returns what it printed.
func command(args ...string) (stdout, stderr string, status int) {
	var out, errs strings.Builder
	status = run(args, &console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
	return out.String(), errs.String(), status
}

// packet is a UDP packet in hex.
const packet = "020000000001 020000000002 0800 4500 0020 0000 0000 40 11 0000 0a000001 0a000002 1234 0035 000c 0000 00000000"

// TestVerifiedScenarios plays scenarios with programs that are verified before.
func TestVerifiedScenarios(t *testing.T) {
	for _, args := range [][]string{
		{"arm64"}, {"probes"}, {"world"}, {"inodes"}, {"trampolines", "--no-verify"}, {"gtrace", "--extensions", "gtrace"}, {"inject", "--error-injection", "known"},
	} {
		base := scenarios + args[0]
		out, errs, status := command(append([]string{"run", base + ".bpf.o", "--scenario", base + ".yaml"}, args[1:]...)...)
		require.Zero(t, status, errs)
		want, err := os.ReadFile(base + ".txt")
		require.NoError(t, err)
		require.Equal(t, string(want), out)
	}
	// What is no error where arrays are mixed: the call falls through.
	out, errs, status := command("run", objects+"progarray_owners.bpf.o", "--program", "shares", "--load-all", "--data-in", packet, "--no-verify")
	require.Zero(t, status, errs)
	require.Contains(t, out, "shares (XDP) returns 2")
}

func TestRunErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		err  string
	}{
		{"no object", []string{"nothing.o"}, "no such file"},
		{"several programs", []string{objects + "xdp_tail_calls.bpf.o"}, "choose one with --program: any, first, from_function"},
		{"no such program", []string{objects + "xdp_pass.bpf.o", "--program", "x"}, `no program "x"; there are:`},
		{"big-endian", []string{objects + "big_endian.bpf.o"}, "the object is big-endian; bpfexec runs little-endian ones, which clang makes with -target bpfel"},
		{"rejected", []string{objects + "xdp_map_no_null_check.bpf.o", "--data-in", packet},
			"program count would be rejected by Linux 6.18 at testdata/src/xdp_map_no_null_check.bpf.c:17, instruction 7: R0 invalid mem access 'map_value_or_null'\nbpflint explains it; --no-verify runs it anyway\n"},
		{"bad packet", []string{objects + "xdp_pass.bpf.o", "--data-in", "xyz"}, `--data-in: "xyz" is neither a file nor hex digits`},
		{"short packet", []string{objects + "xdp_pass.bpf.o", "--data-in", "00"}, "a packet needs at least 14 bytes, an Ethernet header"},
		{"kernel", []string{objects + "xdp_pass.bpf.o", "--kernel", "1.0"}, "1.0"},
		{"format", []string{objects + "xdp_pass.bpf.o", "--format", "xml"}, `--format "xml": want text or json`},
		{"flags", []string{objects + "xdp_pass.bpf.o", "--trace", "--profile", "x"}, "--trace cannot be had together with a profile or coverage"},
		{"captures", []string{objects + "xdp_pass.bpf.o", "--pcap-out", "x"}, "--pcap-out needs --pcap"},
		{"no capture", []string{objects + "xdp_pass.bpf.o", "--pcap", "run_test.go"}, "not a capture in pcap or pcapng format"},
		{"no packets", []string{objects + "kprobe_latency.bpf.o", "--program", "start", "--pcap", "x"}, ""},
		{"another machine", []string{scenarios + "arm64.bpf.o", "--program", "sample"}, "invalid bpf_context access off=280 size=8"},
		{"unknown machine", []string{scenarios + "arm64.bpf.o", "--program", "sample", "--arch", "mips"}, `--arch: unknown machine "mips"`},
		{"a proposal", []string{scenarios + "gtrace.bpf.o", "--program", "trace"}, "enable it with --extensions gtrace"},
		{"no error injection", []string{scenarios + "inject.bpf.o", "--scenario", scenarios + "inject.yaml"},
			"program of this type cannot use helper bpf_override_return#58"},
		{"mixed arrays", []string{objects + "progarray_owners.bpf.o", "--program", "shares", "--load-all", "--data-in", packet},
			"map shared: EINVAL: their types differ"},
		{"no packet", []string{objects + "xdp_pass.bpf.o"}, "Ethernet header (EINVAL); give a packet with --data-in or --pcap"},
		{"no context", []string{objects + "syscall.bpf.o", "--program", "run"}, "16 bytes of one (EINVAL); give a context with --ctx-in"},
		{"no number", []string{objects + "xdp_pass.bpf.o", "--repeat", "x"}, `--repeat "x": want a number that fits`},
		{"no list", []string{objects + "xdp_pass.bpf.o", "--error-injection", "x"}, "--error-injection: functions that allow error injection: open x"},
		{"no YAML", []string{objects + "xdp_pass.bpf.o", "--scenario", "run_test.go"}, ": not YAML: mapping values are not allowed"},
		{"endless", []string{objects + "xdp_loop_endless.bpf.o", "--data-in", packet, "--no-verify", "--budget", "1000"},
			"budget exhausted: it did not end within 1000 instructions; --budget allows more"},
		{"no map", []string{objects + "xdp_pass.bpf.o", "--data-in", packet, "--map", "x=y"}, `--map: the program has no map "x"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, errs, status := command(append([]string{"run"}, tc.args...)...)
			require.Equal(t, 1, status)
			require.True(t, strings.HasPrefix(errs, "bpfexec: "), errs)
			require.Contains(t, errs, tc.err)
		})
	}
}

func TestRunUnverified(t *testing.T) {
	out, errs, status := command("run", objects+"xdp_bounds_off_by_one.bpf.o", "--data-in", packet, "--no-verify", "--format", "json")
	require.Zero(t, status, errs)
	var r result
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, "version", r.Program)
	require.NotZero(t, r.Insns)
}

// capture writes packets with the protocol of a number to a file.
func capture(t *testing.T, protocols ...byte) string {
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	require.NoError(t, w.WriteFileHeader(1<<16, layers.LinkTypeEthernet))
	for i, p := range protocols {
		data := make([]byte, 64)
		data[12], data[14], data[23] = 8, 0x45, p
		require.NoError(t, w.WritePacket(gopacket.CaptureInfo{
			Timestamp: time.Unix(1000, int64(i)*1000), CaptureLength: len(data), Length: len(data),
		}, data))
	}
	name := filepath.Join(t.TempDir(), "in.pcap")
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	return name
}

func TestReplay(t *testing.T) {
	in, passed := capture(t, 17, 6, 17, 1), filepath.Join(t.TempDir(), "out.pcap")
	out, errs, status := command("run", objects+"xdp_functions.bpf.o", "--pcap", in, "--pcap-out", passed)
	require.Zero(t, status, errs)
	require.Contains(t, out, "balance (XDP): 4 packets, 256 bytes, ")
	require.Contains(t, out, "  XDP_PASS ")
	file, err := os.Open(passed)
	require.NoError(t, err)
	defer file.Close()
	r, err := pcapgo.NewReader(file)
	require.NoError(t, err)
	for i := range 4 {
		data, info, err := r.ReadPacketData()
		require.NoError(t, err)
		require.Len(t, data, 64)
		require.Equal(t, time.Unix(1000, int64(i)*1000).UTC(), info.Timestamp)
	}
}

func TestReplayOfRejectedPacket(t *testing.T) {
	_, errs, status := command("run", objects+"xdp_map_no_null_check.bpf.o", "--no-verify", "--budget", "2", "--pcap", capture(t, 17))
	require.Equal(t, 1, status)
	require.Contains(t, errs, "packet 1: ")
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	out, errs, status := command("run", objects+"xdp_functions.bpf.o", "--data-in", packet, "--repeat", "1000", "--annotate",
		"--profile", name("p"), "--coverage", name("c"), "--profile-sources", name("src"))
	require.Zero(t, status, errs)
	require.Contains(t, out, "       1000     41  int balance(struct xdp_md *ctx) {\n")
	text, err := os.ReadFile(name("p"))
	require.NoError(t, err)
	p, err := profile.ParseData(text)
	require.NoError(t, err)
	require.Equal(t, "instructions", p.DefaultSampleType)
	info, err := os.ReadFile(name("c"))
	require.NoError(t, err)
	require.Contains(t, string(info), "FNDA:1000,balance\n")
	require.FileExists(t, name("src/testdata/src/xdp_functions.bpf.c"))
}

func TestTrace(t *testing.T) {
	out, errs, status := command("run", objects+"xdp_pass.bpf.o", "--data-in", packet, "--trace")
	require.Zero(t, status, errs)
	require.Contains(t, out, "; \treturn XDP_PASS; @ testdata/src/xdp_pass.bpf.c:8\n   0: (b4) w0 = 2\tr0=0x2\n   1: (95) exit\n")
}

// What was counted before a capture breaks off is not lost.
func TestBrokenCapture(t *testing.T) {
	in := capture(t, 17, 6, 17)
	info, err := os.Stat(in)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(in, info.Size()-1))
	out, errs, status := command("run", objects+"xdp_functions.bpf.o", "--pcap", in)
	require.Equal(t, 1, status)
	require.Contains(t, out, "2 packets")
	require.Equal(t, "bpfexec: --pcap "+in+": packet 3: the capture ends in the middle of it\n", errs)
}

// TestFillErrors gives maps what does not fit into them.
func TestFillErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[\n  {bad}]":                       "line 2, column 4: invalid character 'b'",
		`{"0": 1}`:                          `a JSON object, want a list of {"key": ..., "value": ...}`,
		"":                                  "the file ends before the list",
		"[":                                 "the file ends before the list",
		`[{"value": 1}]`:                    "element 0: no key",
		`[{"key": 1}]`:                      "element 0: no value",
		`[{"key": 999, "value": 1}]`:        "element 0: E2BIG: the map has room for 256 elements",
		`[{"key": 4294967296, "value": 1}]`: "element 0: key: 4294967296 does not fit into 4 bytes",
	} {
		file := filepath.Join(t.TempDir(), "map.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, errs, status := command("run", objects+"xdp_count_protocols.bpf.o", "--data-in", packet, "--map", "packets="+file)
		require.Equal(t, 1, status)
		require.Contains(t, errs, "bpfexec: --map "+file+": "+want)
	}
}
