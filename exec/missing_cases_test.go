package exec_test

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// missingCases call helpers for things that test runs do not have, and read bad
// addresses.
func missingCases() (list []helperCase) {
	add := func(typ ebpf.ProgramType, name string, maps []*ebpf.MapSpec, parts ...asm.Instructions) {
		list = append(list, helperCase{name: name, typ: typ, insns: sequence(parts...), maps: maps})
	}
	top := asm.Instructions{asm.LoadMem(asm.R1, asm.R10, -64, asm.Word), asm.Add.Reg(asm.R0, asm.R1)}
	for _, fn := range []asm.BuiltinFunc{
		asm.FnProbeRead, asm.FnProbeReadKernel, asm.FnProbeReadUser, asm.FnProbeReadStr, asm.FnProbeReadKernelStr, asm.FnProbeReadUserStr,
	} {
		for _, addr := range []int64{0, 42, 1 << 40, 1<<47 - 8192, 1 << 47, 1 << 60, -1 << 63, -1 << 47, -8} {
			for _, n := range []int32{1, 8} {
				add(ebpf.RawTracepoint, fmt.Sprintf("%s %#x %d", fn, uint64(addr), n), nil, onStack(asm.R1, -1), asm.Instructions{
					asm.Mov.Imm(asm.R2, n), asm.LoadImm(asm.R3, addr, asm.DWord), fn.Call()}, top)
			}
		}
	}
	for _, size := range []int32{28, 16} {
		add(ebpf.SchedCLS, fmt.Sprintf("get_xfrm_state %d", size), nil, onStack(asm.R3, -1), asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, 0), asm.Mov.Imm(asm.R4, size), asm.Mov.Imm(asm.R5, 0),
			asm.FnSkbGetXfrmState.Call()}, top)
	}
	for _, fn := range []asm.BuiltinFunc{asm.FnGetCgroupClassid, asm.FnGetRouteRealm, asm.FnSkbCgroupClassid} {
		add(ebpf.SchedCLS, fn.String(), nil, call(fn))
	}
	add(ebpf.SchedCLS, "sk_assign", nil, asm.Instructions{asm.LoadMem(asm.R2, asm.R6, 168, asm.DWord),
		asm.JNE.Imm(asm.R2, 0, "has"), asm.Mov.Imm(asm.R0, 1), asm.Return(),
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("has"), asm.Mov.Imm(asm.R3, 0), asm.FnSkAssign.Call()})
	return append(list, missingMapCases()...)
}

func missingMapCases() (list []helperCase) {
	add := func(typ ebpf.ProgramType, name string, m ebpf.MapType, parts ...asm.Instructions) {
		list = append(list, helperCase{name: name, typ: typ, insns: sequence(parts...),
			maps: []*ebpf.MapSpec{{Name: "m", Type: m, KeySize: 4, ValueSize: 4, MaxEntries: 2}}})
	}
	m := func(reg asm.Register) asm.Instruction { return asm.LoadMapPtr(reg, 0).WithReference("m") }
	for _, index := range []int32{0, 1, 2, 7} {
		add(ebpf.SchedCLS, fmt.Sprintf("under_cgroup %d", index), ebpf.CGroupArray, asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.R6), m(asm.R2), asm.Mov.Imm(asm.R3, index), asm.FnSkbUnderCgroup.Call()})
		add(ebpf.SchedCLS, fmt.Sprintf("task_under_cgroup %d", index), ebpf.CGroupArray, asm.Instructions{
			m(asm.R1), asm.Mov.Imm(asm.R2, index), asm.FnCurrentTaskUnderCgroup.Call()})
		add(ebpf.RawTracepoint, fmt.Sprintf("perf_event_read %d", index), ebpf.PerfEventArray, asm.Instructions{
			m(asm.R1), asm.Mov.Imm(asm.R2, index), asm.FnPerfEventRead.Call()})
		add(ebpf.RawTracepoint, fmt.Sprintf("perf_event_read_value %d", index), ebpf.PerfEventArray, onStack(asm.R3, -1),
			asm.Instructions{m(asm.R1), asm.Mov.Imm(asm.R2, index), asm.Mov.Imm(asm.R4, 24-index/7), asm.FnPerfEventReadValue.Call(),
				asm.LoadMem(asm.R1, asm.R10, -64, asm.Word), asm.Add.Reg(asm.R0, asm.R1)})
	}
	for _, header := range []struct {
		name  string
		words []int64
	}{
		{"IPv4", []int64{0x1400000000000045, 0x00000000_00001140, 0x0200000a, 0, 0, 0, 0}},
		{"IPv4 with UDP", []int64{0x1400000000000045, 0x0000_0000_0000_1140, 0x0200000a, 0, 0, 0, 0}},
		{"IPv6", []int64{0x2906_0000_0000_0060, 0, 0, 0, 0, 0, 0}},
		{"nothing", []int64{0}},
	} {
		for _, n := range []int32{8, 20, 28, 40, 48} {
			for _, typ := range []int32{2, 3} {
				add(ebpf.LWTIn, fmt.Sprintf("push_encap %s %d %d", header.name, n, typ), ebpf.Array, onStack(asm.R3, header.words...),
					asm.Instructions{asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, typ), asm.Mov.Imm(asm.R4, n),
						asm.FnLwtPushEncap.Call(), asm.LoadMem(asm.R1, asm.R6, 16, asm.Word), asm.Add.Reg(asm.R0, asm.R1)})
			}
		}
	}
	return list
}
