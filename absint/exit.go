package absint

import (
	"math"
	"strconv"
	"strings"

	"github.com/bpflint/bpflint/absint/scalar"
	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/internal/linux"
)

func (m *machine) stepExit(*instr) outcome {
	m.jumps++
	if m.cur.depth > 0 {
		return m.leaveNested()
	}
	if !m.nothingHeldAtExit() {
		return failed
	}
	return m.checkResult(0)
}

// byExit is how messages call the end of the program.
const byExit = "BPF_EXIT instruction in main prog"

func (m *machine) nothingHeldAtExit() bool {
	if m.rules.mergedLeaks {
		return m.nothingHeld(byExit)
	}
	if !m.locksReleased() {
		return false
	}
	if m.leaksRefs() {
		m.failErrno("EINVAL")
		return false
	}
	return true
}

// locksReleased checks, for kernels with a message for each, that no lock is
// held and no section open.
func (m *machine) locksReleased() bool {
	if m.cur.locks > 0 {
		m.fail("EINVAL", "bpf_spin_unlock is missing")
		return false
	}
	return m.sectionsClosed()
}

// checkFunctionResult checks what a function returns that is verified alone.
func (m *machine) checkFunctionResult(r uint8) outcome {
	if m.funcs[m.entry].sig.void {
		return ended
	}
	if !m.readable(r) {
		return failed
	}
	r0 := m.reg(r)
	if m.secret(r0) {
		return m.fail("EACCES", "R%d leaks addr as return value", r)
	}
	if r0.kind != kindScalar {
		return m.fail("EINVAL", "At subprogram exit the register R%d is not a scalar value (%s)", r, r0.name())
	}
	return ended
}

// checkResult checks what the outermost function of the path returns in register
// r: in R0, but for exceptions.
func (m *machine) checkResult(r uint8) outcome {
	if m.cur.frames[0].role == roleAsync {
		return m.checkLaterResult(r)
	}
	if m.entry > 0 {
		return m.checkFunctionResult(r)
	}
	return m.checkProgramResult(r)
}

// checkProgramResult checks what the program returns.
func (m *machine) checkProgramResult(r uint8) outcome {
	if m.returnsVoid() {
		return ended
	}
	if r0 := m.reg(r); m.returnsObject(r0) {
		if !m.unmoved(r, r0, false) {
			return failed
		}
		return ended
	}
	if !m.readable(r) {
		return failed
	}
	r0 := m.reg(r)
	if m.secret(r0) {
		return m.fail("EACCES", "R%d leaks addr as return value", r)
	}
	want := &m.hook.Ret
	if !want.Checked {
		return ended
	}
	if r0.kind != kindScalar {
		return m.fail("EINVAL", "At program exit the register R%d is not a known value (%s)", r, r0.name())
	}
	if !m.rules.resultBits {
		m.needReg(r)
	}
	if !m.isIntWithin(r0, want) && !m.resultWithin(r, int64(want.Min), int64(want.Max), "At program exit") {
		m.noteVoidHook(want)
		return failed
	}
	return ended
}

// noteVoidHook adds why a hook without a result insists on one.
func (m *machine) noteVoidHook(want *linux.RetRange) {
	if want.VoidHook {
		m.say("Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!")
	}
}

// resultWithin checks a result against the range that is allowed at a place.
// Where the kernel looks at bits only, what is known of them is compared with
// the bits that all allowed results have in common.
func (m *machine) resultWithin(r uint8, lo, hi int64, where string) bool {
	r0 := m.reg(r)
	if !m.rules.resultBits {
		if r0.num.SMin >= lo && r0.num.SMax <= hi {
			return true
		}
		m.fail("EINVAL", "%s the register R%d has%s should have been in [%d, %d]", where, r, describe(r0), lo, hi)
		return false
	}
	allowed := tnum.Range(uint64(lo), uint64(hi))
	if r0.num.Tnum.In(allowed) {
		return true
	}
	has := "unknown scalar value"
	if !r0.num.Tnum.IsUnknown() {
		has = "value " + m.bits(r0)
	}
	m.fail("EINVAL", "%s the register R%d has %s should have been in %s", where, r, has, scalar.AppendTnum(nil, allowed, m.num))
	return false
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
