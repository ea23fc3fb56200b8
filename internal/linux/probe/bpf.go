package main

import (
	"bytes"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Commands of bpf(2).
const (
	cmdMapCreate = 0
	cmdProgLoad  = 5
)

// Flags of BPF_PROG_LOAD.
const (
	flagStrictAlign = 1 << 0
	flagSleepable   = 1 << 4
)

// insn is one slot of a program: opcode, registers, offset, immediate.
type insn struct {
	op, regs uint8
	off      int16
	imm      int32
}

// program is what goes into BPF_PROG_LOAD.
type program struct {
	typ, attach uint32
	btfID       uint32 // of what it attaches to
	flags       uint32
	level       uint32 // of the log; 1 when zero
	license     string // "GPL" when empty
	insns       []insn
}

// loadAttr is the part of union bpf_attr that Linux 5.10 knows.
type loadAttr struct {
	typ, count      uint32
	insns, license  uint64
	level, logSize  uint32
	log             uint64
	_, flags        uint32
	_               [16]byte
	_, attach       uint32
	_, _            uint32
	_               uint64
	_, _            uint32
	_               uint64
	_, btfID        uint32
	attachProg, pad uint32
}

// loader loads programs one after the other.
type loader struct {
	log []byte
}

func newLoader() *loader { return &loader{log: make([]byte, 1<<20)} }

// load returns the errno and the verifier's log.
func (l *loader) load(p program) (unix.Errno, string) {
	fd, errno := l.keep(p)
	if errno == 0 {
		unix.Close(fd)
	}
	end := max(bytes.IndexByte(l.log, 0), 0)
	return errno, string(l.log[:end])
}

// keep returns the descriptor of a program that stays loaded, and the errno.
func (l *loader) keep(p program) (int, unix.Errno) {
	license := p.license
	if license == "" {
		license = "GPL"
	}
	lic, _ := unix.BytePtrFromString(license)
	a := loadAttr{
		typ: p.typ, count: uint32(len(p.insns)), insns: pointer(&p.insns[0]), license: pointer(lic),
		level: max(p.level, 1), logSize: uint32(len(l.log)), log: pointer(&l.log[0]),
		flags: p.flags, attach: p.attach, btfID: p.btfID,
	}
	l.log[0] = 0
	var fd uintptr
	var errno unix.Errno
	for range 16 {
		fd, _, errno = unix.Syscall(unix.SYS_BPF, cmdProgLoad, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
		if errno != unix.EAGAIN && errno != unix.EINTR {
			break
		}
	}
	runtime.KeepAlive(lic)
	runtime.KeepAlive(p.insns)
	return int(fd), errno
}

func pointer[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// mapSpec is what goes into BPF_MAP_CREATE.
type mapSpec struct {
	typ, key, value, entries, flags uint32
	inner                           uint32
	_                               uint32
	_                               [16]byte
	_                               uint32
	btf, btfKey, btfValue           uint32
	vmlinuxValue                    uint32
	extra                           uint64
}

// createMap returns a descriptor or the errno.
func createMap(m mapSpec) (int, unix.Errno) {
	size := unsafe.Sizeof(m) - 8 // Linux 5.10 does not know the last member
	if m.extra != 0 {
		size += 8
	}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, cmdMapCreate, uintptr(unsafe.Pointer(&m)), size)
	return int(fd), errno
}

// Building blocks of programs.

func movImm(dst uint8, imm int32) insn { return insn{op: 0xb7, regs: dst, imm: imm} }
func movReg(dst, src uint8) insn       { return insn{op: 0xbf, regs: dst | src<<4} }
func addImm(dst uint8, imm int32) insn { return insn{op: 0x07, regs: dst, imm: imm} }
func call(helper int32) insn           { return insn{op: 0x85, imm: helper} }
func exit() insn                       { return insn{op: 0x95} }
func mapFD(dst uint8, fd int) []insn   { return []insn{{op: 0x18, regs: dst | 1<<4, imm: int32(fd)}, {}} }
func mapValue(dst uint8, fd int) []insn {
	return []insn{{op: 0x18, regs: dst | 2<<4, imm: int32(fd)}, {}}
}
func load(size int, dst, src uint8, off int) insn {
	return insn{op: 0x61 | sizeBits[size], regs: dst | src<<4, off: int16(off)}
}
func storeReg(size int, dst, src uint8, off int) insn {
	return insn{op: 0x63 | sizeBits[size], regs: dst | src<<4, off: int16(off)}
}
func storeImm(size int, dst uint8, off int, imm int32) insn {
	return insn{op: 0x62 | sizeBits[size], regs: dst, off: int16(off), imm: imm}
}

var sizeBits = [9]uint8{1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
