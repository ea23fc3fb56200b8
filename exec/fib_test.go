package exec_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// fibFile has a line for each type of program, target and device: a digest of what
// a kernel answered to all flags and lengths.
const fibFile = "testdata/fib.txt"

// fibDevices and what follows are a network, here and for the kernel.
var fibDevices = []helper.Device{
	{Index: 1, MTU: 65536, Forward: true},
	{Index: 10, MTU: 1500, MAC: [6]byte{2, 0, 0, 0, 0, 10}, Forward: true},
	{Index: 11, MTU: 1400, MAC: [6]byte{2, 0, 0, 0, 0, 11}, Forward: true},
	{Index: 12, MTU: 9000, MAC: [6]byte{2, 0, 0, 0, 0, 12}},
}

var fibAddresses = []struct {
	device uint32
	addr   string
}{
	{1, "127.0.0.1/8"},
	{10, "10.1.0.1/24"}, {10, "10.1.1.1/24"}, {11, "10.2.0.1/24"}, {12, "10.3.0.1/31"},
	{10, "fd01::1/64"}, {11, "fd02::1/64"}, {11, "fd03::1/64"},
}

// fibRoutes are the arguments of "ip route add", and the same rows here.
var fibRoutes = []struct {
	ip  string
	row helper.Route
}{
	{"10.9.0.0/16 via 10.1.0.2 dev d10", helper.Route{Via: addr("10.1.0.2"), Device: 10}},
	{"10.9.1.0/24 via 10.2.0.2 dev d11 metric 7", helper.Route{Via: addr("10.2.0.2"), Device: 11, Metric: 7}},
	{"10.9.1.0/24 via 10.1.1.2 dev d10 metric 9", helper.Route{Via: addr("10.1.1.2"), Device: 10, Metric: 9}},
	{"10.9.2.0/24 dev d10 mtu lock 1300", helper.Route{Device: 10, MTU: 1300}},
	{"10.9.3.0/24 dev d10 src 10.2.0.1", helper.Route{Device: 10, Source: addr("10.2.0.1")}},
	{"10.9.4.0/24 via inet6 fd01::2 dev d10", helper.Route{Via: addr("fd01::2"), Device: 10}},
	{"10.9.5.0/24 via 10.1.1.2 dev d10", helper.Route{Via: addr("10.1.1.2"), Device: 10}},
	{"blackhole 10.66.0.0/16", helper.Route{Type: helper.Blackhole}},
	{"unreachable 10.67.0.0/16", helper.Route{Type: helper.Unreachable}},
	{"prohibit 10.68.0.0/16", helper.Route{Type: helper.Prohibit}},
	{"10.68.1.0/24 dev d11", helper.Route{Device: 11}},
	{"10.7.0.0/16 via 10.2.0.2 dev d11 table 100", helper.Route{Via: addr("10.2.0.2"), Device: 11, Table: 100}},
	{"0.0.0.0/1 via 10.1.0.3 dev d10 metric 3", helper.Route{Via: addr("10.1.0.3"), Device: 10, Metric: 3}},
	{"fd09::/32 via fd01::2 dev d10", helper.Route{Via: addr("fd01::2"), Device: 10}},
	{"fd09:0:1::/48 via fd02::2 dev d11 metric 7", helper.Route{Via: addr("fd02::2"), Device: 11, Metric: 7}},
	{"fd09:0:2::/48 dev d10 mtu lock 1300", helper.Route{Device: 10, MTU: 1300}},
	{"fd09:0:3::/48 dev d10 src fd02::1", helper.Route{Device: 10, Source: addr("fd02::1")}},
	{"blackhole fd66::/32", helper.Route{Type: helper.Blackhole}},
	{"unreachable fd67::/32", helper.Route{Type: helper.Unreachable}},
	{"prohibit fd68::/32", helper.Route{Type: helper.Prohibit}},
	{"fd07::/32 via fd02::2 dev d11 table 100", helper.Route{Via: addr("fd02::2"), Device: 11, Table: 100}},
}

var fibNeighbours = map[helper.Neighbour][6]byte{
	{Device: 10, Address: addr("10.1.0.2")}: {2, 1, 0, 0, 0, 1}, {Device: 11, Address: addr("10.2.0.2")}: {2, 1, 0, 0, 0, 2},
	{Device: 10, Address: addr("10.1.1.2")}: {2, 1, 0, 0, 0, 5}, {Device: 10, Address: addr("fd01::2")}: {2, 1, 0, 0, 0, 3},
	{Device: 11, Address: addr("fd02::2")}: {2, 1, 0, 0, 0, 4}, {Device: 10, Address: addr("10.9.2.9")}: {2, 1, 0, 0, 0, 6},
	{Device: 10, Address: addr("fd09:0:2::9")}: {2, 1, 0, 0, 0, 7},
}

var fibTargets = []string{
	"10.1.0.1", "10.1.0.2", "10.1.0.9", "10.1.0.255", "10.3.0.0", "127.0.0.1", "10.9.0.9", "10.9.1.9", "10.9.2.9", "10.9.3.9", "10.9.4.9",
	"10.9.5.9", "10.66.0.1", "10.67.0.1", "10.68.0.1", "10.68.1.1", "10.7.0.1", "8.8.8.8", "192.0.2.1", "224.0.0.1", "255.255.255.255",
	"fd01::1", "fd01::2", "fd01::9", "fd03::9", "fd09::9", "fd09:0:1::9", "fd09:0:2::9", "fd09:0:3::9", "fd66::1", "fd67::1", "fd68::1",
	"fd07::1", "2001:db8::1", "fe80::1", "ff02::1", "::1",
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// fibWorld is the network of the machine.
func fibWorld() (routes helper.Routes) {
	for _, a := range fibAddresses {
		routes.Address(a.device, netip.MustParsePrefix(a.addr))
	}
	for _, r := range fibRoutes {
		row := r.row
		for f := range strings.FieldsSeq(r.ip) {
			if p, err := netip.ParsePrefix(f); err == nil {
				row.To = p
				break
			}
		}
		if row.Table == 0 {
			row.Table = helper.MainTable
		}
		if !row.To.Addr().Is4() && row.Metric == 0 {
			row.Metric = 1024
		}
		routes.Rows = append(routes.Rows, row)
	}
	routes.Neighbours = fibNeighbours
	return routes
}

// fibProgram calls bpf_fib_lookup with the parameters and the flags that follow
// the Ethernet header, and leaves the parameters there.
func fibProgram(t *testing.T, typ ebpf.ProgramType) *prog.Program {
	data, end := int16(76), int16(80)
	if typ == ebpf.XDP {
		data, end = 0, 4
	}
	insns := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1), asm.LoadMem(asm.R7, asm.R6, data, asm.Word), asm.LoadMem(asm.R1, asm.R6, end, asm.Word),
		asm.Mov.Imm(asm.R0, -1), asm.Mov.Reg(asm.R2, asm.R7), asm.Add.Imm(asm.R2, 86), asm.JGT.Reg(asm.R2, asm.R1, "out"),
	}
	for off := int16(0); off < 64; off += 8 {
		insns = append(insns, asm.LoadMem(asm.R1, asm.R7, 14+off, asm.DWord), asm.StoreMem(asm.R10, off-64, asm.R1, asm.DWord))
	}
	insns = append(insns, asm.LoadMem(asm.R4, asm.R7, 78, asm.Word), asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -64), asm.Mov.Imm(asm.R3, 64), asm.FnFibLookup.Call())
	for off := int16(0); off < 64; off += 8 {
		insns = append(insns, asm.LoadMem(asm.R1, asm.R10, off-64, asm.DWord), asm.StoreMem(asm.R7, 14+off, asm.R1, asm.DWord))
	}
	p, err := prog.FromInstructions(&prog.Target{}, typ, append(insns, asm.Return().WithSymbol("out")))
	require.NoError(t, err)
	return p
}

// fibParams is a packet with the parameters of a lookup.
func fibParams(target netip.Addr, device uint32, length uint16, flags uint32) []byte {
	packet := make([]byte, 86)
	packet[12], packet[13] = 0x88, 0xb5
	p := packet[14:]
	p[0], p[1] = 2, 17
	if !target.Is4() {
		p[0] = 10
		p[16], p[31] = 0xfd, 1
	} else {
		p[16], p[19] = 10, 77
	}
	binary.LittleEndian.PutUint16(p[6:], length)
	binary.LittleEndian.PutUint32(p[8:], device)
	copy(p[32:], target.AsSlice())
	binary.LittleEndian.PutUint32(p[48:], 100) // the table
	binary.LittleEndian.PutUint32(p[64:], flags)
	return packet
}

// TestFibLookup looks up routes here and in the kernel.
func TestFibLookup(t *testing.T) {
	kernel, undo := fibKernel(t)
	defer undo()
	var lines strings.Builder
	for _, typ := range []ebpf.ProgramType{ebpf.SchedCLS, ebpf.XDP} {
		p := fibProgram(t, typ)
		machine := exec.New(exec.Config{})
		here, err := machine.Load(p)
		require.NoError(t, err)
		env, _ := machine.CPU(0)
		env.Devices, env.Routes = fibDevices, fibWorld()
		var there *oracle.Program
		if kernel != nil {
			r, err := kernel.Load(p, oracle.Options{Keep: true})
			require.NoError(t, err)
			require.NotNil(t, r.Prog, r.Message)
			there = r.Prog
			defer there.Close()
		}
		for _, target := range fibTargets {
			for _, device := range []uint32{0, 1, 10, 11, 12, 13} {
				answers := fibAnswers(t, here, there, addr(target), device)
				fmt.Fprintf(&lines, "%s %s %d %s\n", typ, target, device, digest(answers))
			}
		}
	}
	if *update && kernel != nil && !t.Failed() {
		require.NoError(t, os.WriteFile(fibFile, []byte(lines.String()), 0o644))
	}
	text, err := os.ReadFile(fibFile)
	require.NoError(t, err)
	require.Equal(t, string(text), lines.String(), "not what a kernel was seen to answer")
}

// fibAnswers asks about a target with all flags and some lengths.
func fibAnswers(t *testing.T, here *exec.Program, there *oracle.Program, target netip.Addr, device uint32) string {
	var all strings.Builder
	for flags := range uint32(65) {
		for _, length := range []uint16{0, 1000, 1350, 1450, 1600} {
			packet := fibParams(target, device, length, flags)
			out, err := here.Run(exec.Input{Data: packet})
			require.NoError(t, err)
			got := fmt.Sprintf("%d %x", int32(out.Return), out.Data[14:78])
			if there != nil {
				want, err := there.Run(oracle.RunInput{Data: packet, DataOut: 128})
				require.NoError(t, err)
				if theirs := fmt.Sprintf("%d %x", int32(want.Return), want.Data[14:78]); theirs != got && len(all.String()) < 1<<16 {
					t.Errorf("%s from device %d, length %d, flags %#x:\n  here   %s\n  kernel %s", target, device, length, flags, got, theirs)
					return ""
				}
			}
			all.WriteString(got + "\n")
		}
	}
	return all.String()
}
