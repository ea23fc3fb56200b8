//lint:file-ignore U1000 The structs have the layouts that bpf(2) wants, with fields that stay zero.

package oracle

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Commands of bpf(2), enum bpf_cmd of the kernel's interface.
const (
	cmdMapCreate = 0
	cmdMapUpdate = 2
	cmdProgLoad  = 5
	cmdProgRun   = 10
	cmdBTFLoad   = 18
	cmdMapFreeze = 22
)

// enotsupp is an error that the kernel keeps for itself and still returns.
const enotsupp = unix.Errno(524)

// mapAttr is what BPF_MAP_CREATE reads.
type mapAttr struct {
	mapType      uint32
	keySize      uint32
	valueSize    uint32
	maxEntries   uint32
	flags        uint32
	innerFD      uint32
	numaNode     uint32
	name         [16]byte
	ifindex      uint32
	btfFD        uint32
	btfKey       uint32
	btfValue     uint32
	btfKernelVal uint32
	mapExtra     uint64
}

// elemAttr is what commands on one element of a map read; others read no more
// than the descriptor.
type elemAttr struct {
	mapFD uint32
	_     uint32
	key   pointer
	value pointer
	flags uint64
}

// loadAttr is what BPF_PROG_LOAD reads, up to the last field that is used here.
// A kernel that knows fewer fields accepts the others as long as they are zero.
type loadAttr struct {
	progType        uint32
	insnCnt         uint32
	insns           pointer
	license         pointer
	logLevel        uint32
	logSize         uint32
	logBuf          pointer
	kernVersion     uint32
	progFlags       uint32
	progName        [16]byte
	ifindex         uint32
	attachType      uint32
	btfFD           uint32
	funcInfoRecSize uint32
	funcInfo        pointer
	funcInfoCnt     uint32
	lineInfoRecSize uint32
	lineInfo        pointer
	lineInfoCnt     uint32
	attachBTFID     uint32
	attachFD        uint32
	coreReloCnt     uint32
	fdArray         pointer
	coreRelos       pointer
	coreReloRecSize uint32
	logTrueSize     uint32
}

// btfAttr is what BPF_BTF_LOAD reads.
type btfAttr struct {
	btf      pointer
	logBuf   pointer
	size     uint32
	logSize  uint32
	logLevel uint32
	_        uint32
}

// runAttr is what BPF_PROG_TEST_RUN reads and writes.
type runAttr struct {
	progFD      uint32
	retval      uint32
	dataSizeIn  uint32
	dataSizeOut uint32
	dataIn      pointer
	dataOut     pointer
	repeat      uint32
	duration    uint32
	ctxSizeIn   uint32
	ctxSizeOut  uint32
	ctxIn       pointer
	ctxOut      pointer
	flags       uint32
	cpu         uint32
	batchSize   uint32
	_           uint32
}

// address gives a buffer's address as the attributes hold it; an empty buffer has
// none.
func address[T any](b []T) pointer {
	if len(b) == 0 {
		return pointer{}
	}
	return newPointer(unsafe.Pointer(unsafe.SliceData(b)))
}

// bpf calls bpf(2). The verifier gives EAGAIN when a signal is pending, which
// the Go runtime's preemption makes common; then the call is repeated.
func bpf[A mapAttr | elemAttr | loadAttr | btfAttr | runAttr](cmd uintptr, attr *A) (int, unix.Errno) {
	size := unsafe.Sizeof(*attr)
	for {
		r, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(unsafe.Pointer(attr)), size)
		if errno != unix.EAGAIN && errno != unix.EINTR {
			return int(r), errno
		}
	}
}

// errnoName gives the symbol of an error; the verifier uses one that has none
// in user space.
func errnoName(errno unix.Errno) string {
	switch errno {
	case 0:
		return ""
	case enotsupp:
		return "ENOTSUPP"
	}
	if name := unix.ErrnoName(errno); name != "" {
		return name
	}
	return "errno " + errno.Error()
}
