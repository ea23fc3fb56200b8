package absint

import (
	"math"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
)

func (m *machine) stepExit(*instr) outcome {
	m.jumps++
	if m.cur.depth > 0 {
		return m.leaveFunction()
	}
	if !m.nothingHeldAtExit() {
		return failed
	}
	return m.checkResult()
}

func (m *machine) nothingHeldAtExit() bool {
	if m.rules.mergedLeaks {
		return m.nothingHeld("BPF_EXIT instruction in main prog")
	}
	if m.cur.locks > 0 {
		m.fail("EINVAL", "bpf_spin_unlock is missing")
		return false
	}
	if m.leaksRefs() {
		m.failErrno("EINVAL")
		return false
	}
	return true
}

// results is a range of what a program may return.
type results struct{ lo, hi int64 }

// resultRows say what programs may return; a row without attach types holds
// for those that no other row names. Programs without a row return anything.
var resultRows = []struct {
	prog    ebpf.ProgramType
	attach  []ebpf.AttachType
	results results
}{
	{ebpf.CGroupSockAddr, []ebpf.AttachType{
		ebpf.AttachCGroupUDP4Recvmsg, ebpf.AttachCGroupUDP6Recvmsg, ebpf.AttachCgroupUnixRecvmsg,
		ebpf.AttachCgroupInet4GetPeername, ebpf.AttachCgroupInet6GetPeername, ebpf.AttachCgroupUnixGetpeername,
		ebpf.AttachCgroupInet4GetSockname, ebpf.AttachCgroupInet6GetSockname, ebpf.AttachCgroupUnixGetsockname,
	}, results{1, 1}},
	{ebpf.CGroupSockAddr, []ebpf.AttachType{ebpf.AttachCGroupInet4Bind, ebpf.AttachCGroupInet6Bind}, results{0, 3}},
	{ebpf.CGroupSockAddr, nil, results{0, 1}},
	{ebpf.CGroupSKB, []ebpf.AttachType{ebpf.AttachCGroupInetEgress}, results{0, 3}},
	{ebpf.CGroupSKB, nil, results{0, 1}},
	{ebpf.CGroupSock, nil, results{0, 1}},
	{ebpf.SockOps, nil, results{0, 1}},
	{ebpf.CGroupDevice, nil, results{0, 1}},
	{ebpf.CGroupSysctl, nil, results{0, 1}},
	{ebpf.CGroupSockopt, nil, results{0, 1}},
	{ebpf.Kprobe, []ebpf.AttachType{ebpf.AttachTraceKprobeSession}, results{0, 1}},
	{ebpf.Tracing, []ebpf.AttachType{ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit}, results{0, 0}},
	{ebpf.Tracing, []ebpf.AttachType{ebpf.AttachTraceIter}, results{0, 1}},
	{ebpf.SkLookup, nil, results{0, 1}},
	{ebpf.Netfilter, nil, results{0, 1}},
}

// resultsOf returns what the program may return.
func (m *machine) resultsOf() (results, bool) {
	for _, row := range resultRows {
		if row.prog != m.prog.Type {
			continue
		}
		if row.attach == nil {
			return row.results, true
		}
		for _, a := range row.attach {
			if a == m.prog.AttachType {
				return row.results, true
			}
		}
	}
	return results{}, false
}

// checkResult checks what the program returns.
func (m *machine) checkResult() outcome {
	if m.prog.Type == ebpf.LSM || m.prog.Type == ebpf.StructOps || m.prog.Type == ebpf.Extension {
		return m.unsupported("result of a typed program")
	}
	if !m.readable(0) {
		return failed
	}
	r0 := m.reg(0)
	if m.secret(r0) {
		return m.fail("EACCES", "R0 leaks addr as return value")
	}
	want, limited := m.resultsOf()
	if !limited {
		return ended
	}
	if r0.kind != kindScalar {
		return m.fail("EINVAL", "At program exit the register R0 is not a known value (%s)", r0.name())
	}
	m.needReg(0)
	if r0.num.SMin < want.lo || r0.num.SMax > want.hi {
		return m.fail("EINVAL", "At program exit the register R0 has%s should have been in [%d, %d]",
			describe(r0), want.lo, want.hi)
	}
	return ended
}

// describe words a scalar's signed range as messages about results do.
func describe(v *value) string {
	var b strings.Builder
	if v.num.SMin > math.MinInt64 {
		b.WriteString(" smin=" + strconv.FormatInt(v.num.SMin, 10))
	}
	if v.num.SMax < math.MaxInt64 {
		b.WriteString(" smax=" + strconv.FormatInt(v.num.SMax, 10))
	}
	if b.Len() == 0 {
		return " unknown scalar value"
	}
	return b.String()
}
