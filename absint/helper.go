package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// helperCall is what the arguments of one call of a helper told.
type helperCall struct {
	*linux.Helper
	mapi int32 // the map it works on, -1 for none
	uid  uint32

	raw      uint8  // register that points to stack which the helper fills
	rawSize  int32  // bytes that it fills there
	fills    bool   // the memory argument being checked need not be initialised
	released uint8  // register whose resource the helper takes, 0 for none
	ref      uint32 // resource of the last argument that has one
	refs     int    // how many have
	memSize  uint32 // size of the memory that is returned
	maxSize  uint64 // greatest size that was passed
	key      int64  // constant key of an array, -1 when there is none

	kptr           *kptrField // that is exchanged
	dynptr         dynptrRef  // the one that it works on
	releasedDynptr uint8      // register that points to the one that it takes, 0 for none
	object         typeRef    // of the per-CPU variable that is passed
	objectTrust    flags      // what the result may be trusted with

	fn     int32 // the function that it calls back
	args   callbackArgs
	enters bool // the path goes on in that function
}

// Numbers of helpers that have rules of their own.
const (
	helperMapLookup          = 1
	helperMapUpdate          = 2
	helperMapDelete          = 3
	helperSmpProcessorID     = 8
	helperTailCall           = 12
	helperPerfEventRead      = 22
	helperPerfEventOutput    = 25
	helperGetStackID         = 27
	helperSkbUnderCgroup     = 33
	helperTaskUnderCgroup    = 37
	helperProbeReadStr       = 45
	helperRedirectMap        = 51
	helperSkRedirectMap      = 52
	helperSockMapUpdate      = 53
	helperPerfReadValue      = 55
	helperMsgRedirectMap     = 60
	helperGetStack           = 67
	helperSockHashUpdate     = 70
	helperMsgRedirectHash    = 71
	helperSkRedirectHash     = 72
	helperGetLocalStorage    = 81
	helperSkSelectReuseport  = 82
	helperMapPush            = 87
	helperMapPop             = 88
	helperMapPeek            = 89
	helperSpinLock           = 93
	helperSpinUnlock         = 94
	helperTimerSetCallback   = 170
	helperFindVMA            = 180
	helperLoop               = 181
	helperSkStorageGet       = 107
	helperSkStorageDelete    = 108
	helperSkbOutput          = 111
	helperProbeReadUserStr   = 114
	helperProbeReadKernelStr = 115
	helperXDPOutput          = 121
	helperRingbufOutput      = 130
	helperRingbufReserve     = 131
	helperRingbufQuery       = 134
	helperGetTaskStack       = 141
	helperInodeStorageGet    = 145
	helperInodeStorageDelete = 146
	helperTaskStorageGet     = 156
	helperTaskStorageDelete  = 157
	helperForEachMapElem     = 164
	helperSnprintf           = 165
	helperGetFuncIP          = 173
	helperGetRetval          = 186
	helperSetRetval          = 187
	helperKptrXchg           = 194
	helperMapLookupPercpu    = 195
	helperRingbufReserveDyn  = 198
	helperRingbufSubmitDyn   = 199
	helperRingbufDiscardDyn  = 200
	helperDynptrFromMem      = 197
	helperDynptrWrite        = 202
	helperUserRingbufDrain   = 209
	helperCgrpStorageGet     = 210
	helperCgrpStorageDelete  = 211
)

func (m *machine) stepCallHelper(in *instr) outcome {
	m.jumps++
	id := uint32(in.Insn.Imm)
	if m.cur.locks > 0 && id != helperSpinUnlock {
		return m.fail("EINVAL", "function calls are not allowed while holding a lock")
	}
	h, ok := m.callable(id)
	if !ok {
		return failed
	}
	c := helperCall{Helper: h, mapi: -1, key: -1}
	for i := range c.Args {
		if !m.argument(&c, i) {
			return failed
		}
	}
	if !m.mapIsWritable(&c) || !m.noteTailCall(&c) {
		return failed
	}
	if !m.fillStack(&c) || !m.takeResource(&c) || !m.special(&c) {
		return failed
	}
	clobber(m.top)
	if !m.setResult(&c) || !m.mapFits(&c) {
		return failed
	}
	if c.enters {
		return m.enterCallback(&c)
	}
	if c.ID == helperTailCall && m.rules.tailReturns {
		return m.leaveByTailCall()
	}
	if c.Has(linux.ChangesPacket) || c.ID == helperDynptrWrite && c.dynptr.kind.writesPacket() {
		m.voidPackets()
	}
	return next
}

// callable returns the prototype of a helper that the program may call.
func (m *machine) callable(id uint32) (*linux.Helper, bool) {
	h, known := m.hook.helper(id)
	name := m.hook.helperName(id)
	switch {
	case !known:
		m.fail("EINVAL", "invalid func %s#%d", name, int32(id))
	case h == nil && m.rules.helperUnknown:
		m.fail("EINVAL", "unknown func %s#%d", name, id)
	case h == nil:
		m.fail("EINVAL", "program of this type cannot use helper %s#%d", name, id)
	case h.Has(linux.GPLOnly) && !m.hook.gpl:
		m.fail("EINVAL", "cannot call GPL-restricted function from non-GPL compatible program")
	case h.Has(linux.Allowlisted) && !m.mayCallHere(id):
		m.fail("EINVAL", "helper call is not allowed in probe")
	case h.Has(linux.MightSleep) && !m.helperMaySleep(h):
	default:
		return h, true
	}
	return nil, false
}

// sleepable reports whether what runs may sleep, sections aside.
func (m *machine) sleepable() bool { return m.cur.sleeps }

// programSleeps reports whether the program was loaded as one that may sleep.
func (m *machine) programSleeps() bool { return m.prog.Flags&flagSleepable != 0 }

// mapIsWritable refuses to change a map that programs may only read.
func (m *machine) mapIsWritable(c *helperCall) bool {
	switch c.ID {
	case helperMapUpdate, helperMapDelete, helperMapPush, helperMapPop:
		if m.maps[c.mapi].flags&mapReadOnlyProg != 0 {
			m.fail("EACCES", "write into map forbidden")
			return false
		}
	}
	return true
}

// fillStack notes what the helper writes to the stack.
func (m *machine) fillStack(c *helperCall) bool {
	if c.rawSize == 0 {
		return true
	}
	for i := int32(0); i < c.rawSize; i++ {
		a := access{reg: c.raw, off: i, size: 1, write: true, value: storeAny}
		if !m.access(&a) {
			return false
		}
	}
	return true
}

// takeResource gives the resource of a releasing helper's argument back.
func (m *machine) takeResource(c *helperCall) bool {
	if c.releasedDynptr != 0 {
		return m.giveBackDynptr(c.releasedDynptr)
	}
	if c.released == 0 || c.ID == helperKptrXchg && c.ref != 0 && m.giveAway(c.ref) {
		return true
	}
	if m.orphans(c.ref) {
		return false
	}
	if c.ref != 0 && m.giveBack(c.ref) || c.ref == 0 && m.reg(c.released).isNull() {
		return true
	}
	m.fail("EINVAL", "func %s#%d reference has not been acquired before", c.Name, c.ID)
	return false
}

// special checks what single helpers demand.
func (m *machine) special(c *helperCall) bool {
	if c.Has(linux.SyncCallback) || c.Has(linux.AsyncCallback) {
		return m.callBack(c)
	}
	switch c.ID {
	case helperTailCall:
		return m.nothingHeld(byTailCall)
	case helperGetLocalStorage:
		if !m.reg(2).isNull() {
			m.fail("EINVAL", "get_local_storage() doesn't support non-zero flags")
			return false
		}
		m.needReg(2)
	case helperSnprintf:
		return m.checkSnprintf()
	case helperSetRetval:
		return m.setsResult()
	case helperGetFuncIP:
		return m.hasFuncIP()
	case helperDynptrFromMem:
		if v := m.reg(1); v.kind != kindMapValue || v.flags != 0 {
			m.fail("EACCES", "Unsupported reg type %s for bpf_dynptr_from_mem data", v.name())
			return false
		}
	}
	return true
}

// hasFuncIP checks that the program is called at a function.
func (m *machine) hasFuncIP() bool {
	const call = "func bpf_get_func_ip#173"
	switch m.prog.Type {
	case ebpf.Kprobe:
		return true
	case ebpf.Tracing:
		switch m.prog.AttachType {
		case ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit, ebpf.AttachModifyReturn, attachTraceSession:
			return true
		}
		ways := "fentry/fexit/fmod_ret"
		if m.prog.Target.Kernel.Has(linux.TypedDeniedSessions) {
			ways = "fentry/fexit/fsession/fmod_ret"
		}
		m.fail("ENOTSUPP", "%s supported only for %s programs", call, ways)
	default:
		m.fail("ENOTSUPP", "%s not supported for program type %d", call, m.prog.Type)
	}
	return false
}

// setsResult checks the value that bpf_set_retval makes the hook return.
func (m *machine) setsResult() bool {
	r1 := m.reg(1)
	if m.prog.Type == ebpf.LSM && m.prog.AttachType == ebpf.AttachLSMCgroup && m.targetResult() == 0 {
		m.fail("EINVAL", "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!")
		return false
	}
	if !m.rules.setRetval {
		return true
	}
	if r1.kind != kindScalar {
		return m.fail("EINVAL", "R1 is not a scalar") != failed
	}
	if m.prog.Type == ebpf.CGroupSockopt && m.prog.AttachType == ebpf.AttachCGroupGetsockopt {
		return true
	}
	m.needReg(1)
	if r1.num.Low.SMin >= -maxErrno && r1.num.Low.SMax <= 0 {
		return true
	}
	return m.fail("EINVAL", "At bpf_set_retval the register R1 has%s should have been in [%d, 0]", describe(r1), -maxErrno) != failed
}

// maxErrno bounds the error codes of the kernel.
const maxErrno = 4095

// setResult sets R0 to what the helper returns.
func (m *machine) setResult(c *helperCall) bool {
	r0 := m.reg(0)
	ret := &c.Ret
	switch ret.Kind {
	case linux.RetVoid:
		*r0 = none
		return true
	case linux.RetInteger:
		*r0 = unknown()
		m.refineResult(c, r0)
		return true
	case linux.RetMapValue:
		m.returnMapValue(c, r0)
	case linux.RetSocket:
		*r0 = pointer(kindSocket)
	case linux.RetSockCommon:
		*r0 = pointer(kindSockCommon)
	case linux.RetTCPSock:
		*r0 = pointer(kindTCPSock)
	case linux.RetMem:
		*r0 = pointer(kindMem)
		r0.size, r0.uid, r0.ref = c.memSize, c.dynptr.id, c.dynptr.ref
		if ret.Has(linux.RetRingbuf) {
			r0.flags |= flagRingbuf
		}
	default:
		if !m.returnObject(c, r0) {
			return false
		}
	}
	if ret.Has(linux.RetReadOnly) && r0.kind != kindBTF {
		r0.flags |= flagReadOnly
	}
	if ret.Has(linux.RetMaybeNull) && ret.Kind != linux.RetMapValue {
		r0.flags |= flagMaybeNull
	}
	if r0.mayNull() {
		r0.id = m.newID()
	}
	return m.ownResult(c, r0)
}

// ownResult ties the result to the resource that it gives access to.
func (m *machine) ownResult(c *helperCall, r0 *value) bool {
	socketMap := c.ID == helperMapLookup && m.maps[c.mapi].holdsSockets()
	switch {
	case c.Has(linux.CastsPointer):
		r0.ref = c.ref
		return !m.rules.castForks || c.ref == 0 || m.castFails(c, r0)
	case c.Ret.Has(linux.RetAcquire) || socketMap:
		id := m.acquire()
		if id == 0 {
			return false
		}
		r0.id, r0.ref = id, id
	}
	return true
}

// castFails queues the path on which the cast of a held socket gives null, so
// that the result is not null here.
func (m *machine) castFails(c *helperCall, r0 *value) bool {
	if c.refs > 1 {
		return m.unsupported("cast with two referenced arguments") != failed
	}
	other := m.fork(m.here() + 1)
	if other == nil {
		return false
	}
	other.top().regs[0] = constant(0)
	r0.flags &^= flagMaybeNull
	r0.id = 0
	return true
}

func (m *machine) returnMapValue(c *helperCall, r0 *value) {
	info := &m.maps[c.mapi]
	*r0 = pointer(kindMapValue)
	r0.mapi, r0.uid = c.mapi, c.uid
	if c.Ret.Has(linux.RetMaybeNull) {
		r0.flags |= flagMaybeNull
	}
	if m.rules.knownKeys && c.ID == helperMapLookup && m.elidesNull(info) && c.key >= 0 && c.key < int64(info.entries) {
		r0.flags &^= flagMaybeNull
	}
	if !r0.mayNull() && m.mayHoldLock(r0) {
		r0.id = m.newID()
	}
}

// elidesNull reports whether a lookup with a key in bounds always succeeds. Some
// kernels forget that another map may take the place of an inner one.
func (m *machine) elidesNull(i *mapInfo) bool {
	return (i.flags&mapInner == 0 || !m.rules.innerSizes) && (i.kind == ebpf.Array || i.kind == ebpf.PerCPUArray)
}

// refineResult narrows the numbers that some helpers return.
func (m *machine) refineResult(c *helperCall, r0 *value) {
	switch c.ID {
	case helperGetStack, helperGetTaskStack, helperProbeReadStr, helperProbeReadKernelStr, helperProbeReadUserStr:
		m.limitSigned(r0, -maxErrno, int64(c.maxSize))
	case helperSmpProcessorID:
		if m.rules.cpuRange {
			m.limitUnsigned(r0, uint64(m.hook.cpus-1))
		}
	case helperGetRetval:
		if m.rules.retvalRange && !(m.prog.Type == ebpf.CGroupSockopt && m.prog.AttachType == ebpf.AttachCGroupGetsockopt) {
			m.limitSigned(r0, -maxErrno, 0)
		}
	}
}
