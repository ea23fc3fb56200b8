package oracle

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// Raw loads bare instruction streams with a few maps that are made beforehand.
// It allocates nothing per program and is not safe for concurrent use; make one
// per goroutine.
type Raw struct {
	maps  []*ebpf.Map
	fds   []int32
	insns []uint64
	log   []byte
	attr  loadAttr
}

// String gives the symbol, "" for 0.
func (e ErrnoValue) String() string { return errnoName(unix.Errno(e)) }

// NewRaw creates the maps, with their contents; those named .rodata are frozen. The
// log buffer holds logSize bytes; 0 means 1 MiB.
func (k *Kernel) NewRaw(maps []*ebpf.MapSpec, logSize int) (*Raw, error) {
	if logSize <= 0 {
		logSize = 1 << 20
	}
	r := &Raw{log: make([]byte, logSize)}
	for i, spec := range maps {
		m, err := ebpf.NewMap(spec)
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("map %d (%s): %w", i, spec.Type, err)
		}
		r.maps = append(r.maps, m)
		r.fds = append(r.fds, int32(m.FD()))
	}
	return r, nil
}

// Close releases the maps.
func (r *Raw) Close() {
	for _, m := range r.maps {
		m.Close()
	}
	r.maps, r.fds = nil, nil
}

// Maps returns the maps in the order in which instructions refer to them.
func (r *Raw) Maps() []*ebpf.Map { return r.maps }

var (
	licenseGPL   = []byte("GPL\x00")
	licenseOther = []byte("Proprietary\x00")
)

// Load asks for the verdict on a program and unloads it again.
func (r *Raw) Load(p *RawProgram, level LogLevel) RawAnswer {
	fd, a := r.load(p, level)
	if fd >= 0 {
		unix.Close(fd)
	}
	return a
}

func (r *Raw) call(p *RawProgram) (fd int, errno unix.Errno) {
	if p.Caps == nil {
		return bpf(cmdProgLoad, &r.attr)
	}
	if err := withCaps(*p.Caps, func() { fd, errno = bpf(cmdProgLoad, &r.attr) }); err != nil && errno == 0 {
		errno = unix.EPERM
	}
	return fd, errno
}

// Keep is Load that leaves an accepted program loaded; the caller closes it.
// The program is nil when it was not accepted.
func (r *Raw) Keep(p *RawProgram, level LogLevel) (*Program, RawAnswer) {
	fd, a := r.load(p, level)
	if fd < 0 {
		return nil, a
	}
	return &Program{fd: fd}, a
}

// coreReloSize is the size of struct bpf_core_relo in bytes.
const coreReloSize = 16

func (r *Raw) load(p *RawProgram, level LogLevel) (int, RawAnswer) {
	r.insns = encode(r.insns[:0], p.Insns, r.fds)
	license := licenseGPL
	if p.NoGPL {
		license = licenseOther
	}
	r.attr = loadAttr{
		progType: uint32(p.Type), attachType: uint32(p.AttachType), attachBTFID: p.AttachID, progFlags: p.Flags,
		insnCnt: uint32(len(r.insns)), insns: address(r.insns), license: address(license),
	}
	if p.Types != nil {
		r.attr.btfFD = uint32(p.Types.fd)
		r.attr.funcInfoRecSize, r.attr.funcInfo = btf.FuncInfoSize, address(p.FuncInfo)
		r.attr.funcInfoCnt = uint32(len(p.FuncInfo)) / 2
		if len(p.LineInfo) > 0 {
			r.attr.lineInfoRecSize, r.attr.lineInfo = btf.LineInfoSize, address(p.LineInfo)
			r.attr.lineInfoCnt = uint32(len(p.LineInfo)) / 4
		}
		if len(p.CoreRelos) > 0 {
			r.attr.coreReloRecSize, r.attr.coreRelos = coreReloSize, address(p.CoreRelos)
			r.attr.coreReloCnt = uint32(len(p.CoreRelos)) / 4
		}
	}
	if level != LogNone {
		r.log[0] = 0
		r.attr.logLevel, r.attr.logSize, r.attr.logBuf = uint32(level), uint32(len(r.log)), address(r.log)
	}
	fd, errno := r.call(p)
	a := RawAnswer{Errno: ErrnoValue(errno)}
	if level != LogNone {
		a.Log = r.log[:max(bytes.IndexByte(r.log, 0), 0)]
		a.Truncated = errno == unix.ENOSPC
	}
	if errno != 0 {
		return -1, a
	}
	return fd, a
}

// RawTypes is BTF in the kernel.
type RawTypes struct{ fd int }

// LoadTypes gives a BTF blob to the kernel. Close it when no program is to be
// loaded with it any more.
func (k *Kernel) LoadTypes(blob []byte) (*RawTypes, error) {
	fd, errno := bpf(cmdBTFLoad, &btfAttr{btf: address(blob), size: uint32(len(blob))})
	if errno != 0 {
		return nil, fmt.Errorf("types: %w", errno)
	}
	return &RawTypes{fd: fd}, nil
}

// Close drops the types; programs that have them keep them.
func (t *RawTypes) Close() { unix.Close(t.fd) }
