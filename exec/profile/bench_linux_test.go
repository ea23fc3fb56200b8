package profile_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/internal/upward"
)

// BenchmarkProfile is what a profile costs, on a program that looks up a map
// for each packet and on one that calls functions, and on a real one.
func BenchmarkProfile(b *testing.B) {
	list := []struct{ file, program string }{
		{"../../testdata/objects/xdp_count_protocols.bpf.o", "count"},
		{"../../testdata/objects/xdp_functions.bpf.o", "balance"},
	}
	if file, ok := upward.Find("shared/corpus/objects/debian-tools/xdpfilt_dny_all.o"); ok {
		list = append(list, struct{ file, program string }{file, "xdpfilt_dny_all"})
	}
	for _, p := range list {
		for _, name := range []string{"off", "on"} {
			b.Run(p.program+"/"+name, func(b *testing.B) { benchmark(b, p.file, p.program, name == "on") })
		}
	}
}

func benchmark(b *testing.B, file, name string, on bool) {
	spec, err := ebpf.LoadCollectionSpec(file)
	require.NoError(b, err)
	var config exec.Config
	if on {
		recorder := profile.New(profile.Options{Packet: true})
		recorder.Start()
		defer recorder.Stop()
		config.Observer = recorder
	}
	program, err := exec.New(config).LoadSpec(spec, name, target.New(linux.DefaultTarget(), linux.CapAll, ""))
	require.NoError(b, err)
	in, out := exec.Input{Data: udp(), Repeat: max(b.N, 1)}, exec.Output{}
	b.ReportAllocs()
	start := cpuTime()
	require.NoError(b, program.RunInto(&in, &out))
	b.ReportMetric(float64(cpuTime()-start)/float64(in.Repeat)/float64(out.Insns), "cpu-ns/insn")
}

// cpuTime is the processor time of the process, which other processes disturb
// less than the wall time.
func cpuTime() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}
