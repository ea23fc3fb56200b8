package absint

import (
	"slices"

	"github.com/cilium/ebpf"
)

// mapUses lists the helpers that a type of map can be passed to, for types
// that only some helpers know.
var mapUses = []struct {
	kind    ebpf.MapType
	helpers []uint32
}{
	{ebpf.ProgramArray, []uint32{helperTailCall}},
	{ebpf.PerfEventArray, []uint32{
		helperPerfEventRead, helperPerfEventOutput, helperSkbOutput, helperPerfReadValue, helperXDPOutput,
	}},
	{ebpf.RingBuf, []uint32{
		helperRingbufOutput, helperRingbufReserve, helperRingbufQuery,
		helperRingbufReserveDyn, helperRingbufSubmitDyn, helperRingbufDiscardDyn,
	}},
	{ebpf.UserRingbuf, []uint32{helperUserRingbufDrain}},
	{ebpf.StackTrace, []uint32{helperGetStackID}},
	{ebpf.CGroupArray, []uint32{helperSkbUnderCgroup, helperTaskUnderCgroup}},
	{ebpf.CGroupStorage, []uint32{helperGetLocalStorage}},
	{ebpf.PerCPUCGroupStorage, []uint32{helperGetLocalStorage}},
	{ebpf.DevMap, []uint32{helperRedirectMap, helperMapLookup}},
	{ebpf.DevMapHash, []uint32{helperRedirectMap, helperMapLookup}},
	{ebpf.CPUMap, []uint32{helperRedirectMap}},
	{ebpf.XSKMap, []uint32{helperRedirectMap, helperMapLookup}},
	{ebpf.ArrayOfMaps, []uint32{helperMapLookup}},
	{ebpf.HashOfMaps, []uint32{helperMapLookup}},
	{ebpf.SockMap, []uint32{
		helperSkRedirectMap, helperSockMapUpdate, helperMsgRedirectMap, helperSkSelectReuseport, helperMapLookup,
	}},
	{ebpf.SockHash, []uint32{
		helperSkRedirectHash, helperSockHashUpdate, helperMsgRedirectHash, helperSkSelectReuseport, helperMapLookup,
	}},
	{ebpf.ReusePortSockArray, []uint32{helperSkSelectReuseport}},
	{ebpf.Queue, []uint32{helperMapPeek, helperMapPop, helperMapPush}},
	{ebpf.Stack, []uint32{helperMapPeek, helperMapPop, helperMapPush}},
	{ebpf.SkStorage, []uint32{helperSkStorageGet, helperSkStorageDelete, helperKptrXchg}},
	{ebpf.InodeStorage, []uint32{helperInodeStorageGet, helperInodeStorageDelete, helperKptrXchg}},
	{ebpf.TaskStorage, []uint32{helperTaskStorageGet, helperTaskStorageDelete, helperKptrXchg}},
	{ebpf.CgroupStorage, []uint32{helperCgrpStorageGet, helperCgrpStorageDelete, helperKptrXchg}},
	{ebpf.BloomFilter, []uint32{helperMapPeek, helperMapPush}},
}

// helperMaps lists the types of map that a helper takes, for helpers that do
// not take any.
var helperMaps = []struct {
	helpers []uint32
	kinds   []ebpf.MapType
}{
	{[]uint32{helperTailCall}, []ebpf.MapType{ebpf.ProgramArray}},
	{[]uint32{
		helperPerfEventRead, helperPerfEventOutput, helperPerfReadValue, helperSkbOutput, helperXDPOutput,
	}, []ebpf.MapType{ebpf.PerfEventArray}},
	{[]uint32{
		helperRingbufOutput, helperRingbufReserve, helperRingbufQuery,
		helperRingbufReserveDyn, helperRingbufSubmitDyn, helperRingbufDiscardDyn,
	}, []ebpf.MapType{ebpf.RingBuf}},
	{[]uint32{helperUserRingbufDrain}, []ebpf.MapType{ebpf.UserRingbuf}},
	{[]uint32{helperGetStackID}, []ebpf.MapType{ebpf.StackTrace}},
	{[]uint32{helperTaskUnderCgroup, helperSkbUnderCgroup}, []ebpf.MapType{ebpf.CGroupArray}},
	{[]uint32{helperRedirectMap}, []ebpf.MapType{ebpf.DevMap, ebpf.DevMapHash, ebpf.CPUMap, ebpf.XSKMap}},
	{[]uint32{helperSkRedirectMap, helperMsgRedirectMap, helperSockMapUpdate}, []ebpf.MapType{ebpf.SockMap}},
	{[]uint32{helperSkRedirectHash, helperMsgRedirectHash, helperSockHashUpdate}, []ebpf.MapType{ebpf.SockHash}},
	{[]uint32{helperGetLocalStorage}, []ebpf.MapType{ebpf.CGroupStorage, ebpf.PerCPUCGroupStorage}},
	{[]uint32{helperSkSelectReuseport}, []ebpf.MapType{ebpf.ReusePortSockArray, ebpf.SockMap, ebpf.SockHash}},
	{[]uint32{helperMapPop}, []ebpf.MapType{ebpf.Queue, ebpf.Stack}},
	{[]uint32{helperMapPeek, helperMapPush}, []ebpf.MapType{ebpf.Queue, ebpf.Stack, ebpf.BloomFilter}},
	{[]uint32{helperMapLookupPercpu}, []ebpf.MapType{ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash}},
	{[]uint32{helperSkStorageGet, helperSkStorageDelete}, []ebpf.MapType{ebpf.SkStorage}},
	{[]uint32{helperInodeStorageGet, helperInodeStorageDelete}, []ebpf.MapType{ebpf.InodeStorage}},
	{[]uint32{helperTaskStorageGet, helperTaskStorageDelete}, []ebpf.MapType{ebpf.TaskStorage}},
	{[]uint32{helperCgrpStorageGet, helperCgrpStorageDelete}, []ebpf.MapType{ebpf.CgroupStorage}},
}

// socketMapWriters are the program types that may change a map of sockets with
// the helpers for all maps.
var socketMapWriters = []ebpf.ProgramType{
	ebpf.SocketFilter, ebpf.SchedCLS, ebpf.SchedACT, ebpf.XDP, ebpf.SkReuseport, ebpf.FlowDissector, ebpf.SkLookup,
}

// mapFits checks that a helper and the type of its map go together.
func (m *machine) mapFits(c *helperCall) bool {
	if c.mapi < 0 {
		return true
	}
	info := &m.maps[c.mapi]
	fits := true
	for i := range mapUses {
		if u := &mapUses[i]; u.kind == info.kind && !slices.Contains(u.helpers, c.ID) {
			fits = info.holdsSockets() && m.changesSocketMap(c.ID)
		}
	}
	for i := range helperMaps {
		if h := &helperMaps[i]; slices.Contains(h.helpers, c.ID) && !slices.Contains(h.kinds, info.kind) {
			fits = false
		}
	}
	if !fits {
		m.fail("EINVAL", "cannot pass map_type %d into func %s#%d", uint32(info.kind), c.Name, c.ID)
	}
	return fits
}

func (m *machine) changesSocketMap(helper uint32) bool {
	if helper != helperMapUpdate && helper != helperMapDelete {
		return false
	}
	switch t := m.prog.Type; {
	case slices.Contains(socketMapWriters, t),
		t == ebpf.Tracing && m.prog.AttachType == ebpf.AttachTraceIter,
		t == ebpf.SockOps && helper == helperMapDelete:
		return true
	}
	m.say("cannot update sockmap in this context")
	return false
}
