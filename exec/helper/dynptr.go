package helper

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Dynptr is a dynamic pointer: memory whose size is known when the program
// runs. In the program's memory it takes 16 bytes, laid out as struct
// bpf_dynptr_kern: an address, the size with the kind in its upper bits, and
// an offset.
type Dynptr struct {
	Data     uint64 // address; of the context when the memory is a packet
	Size     uint32
	Offset   uint32
	Kind     DynptrKind
	ReadOnly bool
}

// DynptrKind says what a dynamic pointer points into.
type DynptrKind uint8

// Kinds of dynamic pointers (enum bpf_dynptr_type).
const (
	DynptrInvalid DynptrKind = iota
	DynptrLocal
	DynptrRing
	DynptrSKB
	DynptrXDP
)

const (
	dynptrLen      = 16
	dynptrMax      = 1<<24 - 1
	dynptrKind     = 28
	dynptrReadOnly = 1 << 31
)

// LoadDynptr reads a dynamic pointer.
func LoadDynptr(c *vm.CPU, addr uint64) (Dynptr, error) {
	b, err := c.Mem.Read(addr, dynptrLen)
	if err != nil {
		return Dynptr{}, err
	}
	size := uint32(mem.Get(b[8:12]))
	return Dynptr{
		Data: mem.Get(b[:8]), Size: size & dynptrMax, Offset: uint32(mem.Get(b[12:16])),
		Kind: DynptrKind(size >> dynptrKind & 7), ReadOnly: size&dynptrReadOnly != 0,
	}, nil
}

// Store writes a dynamic pointer; the zero Dynptr is the null one.
func (d Dynptr) Store(c *vm.CPU, addr uint64) error {
	b, err := c.Mem.Write(addr, dynptrLen)
	if err != nil {
		return err
	}
	size := d.Size | uint32(d.Kind)<<dynptrKind
	if d.ReadOnly {
		size |= dynptrReadOnly
	}
	mem.Put(b[:8], d.Data)
	mem.Put(b[8:12], uint64(size))
	mem.Put(b[12:16], uint64(d.Offset))
	return nil
}

// Null reports whether the pointer points to nothing.
func (d Dynptr) Null() bool { return d.Data == 0 }

// Check says whether n bytes at an offset are within the pointer.
func (d Dynptr) Check(off, n uint64) errno.Errno {
	if n > uint64(d.Size) || off > uint64(d.Size)-n {
		return errno.E2BIG
	}
	return errno.OK
}

// packet returns the packet of a pointer into one.
func (d Dynptr) packet(c *vm.CPU) *hook.Packet {
	if d.Kind == DynptrSKB || d.Kind == DynptrXDP {
		return EnvOf(c).Hook.Packet()
	}
	return nil
}

// Addr returns the address of n bytes at an offset; 0 when they are not there.
func (d Dynptr) Addr(c *vm.CPU, off, n uint64) uint64 {
	off += uint64(d.Offset)
	if p := d.packet(c); p != nil {
		return p.AddrAt(off, n)
	}
	return d.Data + off
}

// Read copies bytes out.
func (d Dynptr) Read(c *vm.CPU, dst []byte, off uint64) (errno.Errno, error) {
	at := d.Addr(c, off, uint64(len(dst)))
	if at == 0 {
		return errno.EFAULT, nil
	}
	src, err := c.Mem.Read(at, len(dst))
	if err != nil {
		return 0, err
	}
	copy(dst, src)
	return errno.OK, nil
}

// Write copies bytes in.
func (d Dynptr) Write(c *vm.CPU, src []byte, off uint64) (errno.Errno, error) {
	at := d.Addr(c, off, uint64(len(src)))
	if at == 0 {
		return errno.EFAULT, nil
	}
	dst, err := c.Mem.Write(at, len(src))
	if err != nil {
		return 0, err
	}
	copy(dst, src)
	return errno.OK, nil
}

func dynptrFromMem(c *vm.CPU) (uint64, error) {
	size, to := uint32(c.R[2]), c.R[4]
	e := errno.OK
	d := Dynptr{Data: c.R[1], Size: size, Kind: DynptrLocal}
	switch {
	case size > dynptrMax:
		d, e = Dynptr{}, errno.E2BIG
	case c.R[3] != 0:
		d, e = Dynptr{}, errno.EINVAL
	}
	return e.Ret(), d.Store(c, to)
}

func ringReserveDynptr(c *vm.CPU) (uint64, error) {
	r, err := ringArg(c, 1)
	if err != nil {
		return 0, err
	}
	size, to := uint32(c.R[2]), c.R[4]
	d, e := Dynptr{}, errno.OK
	switch {
	case c.R[3] != 0:
		e = errno.EINVAL
	case size > dynptrMax:
		e = errno.E2BIG
	default:
		if d.Data = r.Reserve(uint64(size)); d.Data == 0 {
			e = errno.ENOMEM
			break
		}
		d.Size, d.Kind = size, DynptrRing
	}
	return e.Ret(), d.Store(c, to)
}

func ringSubmitDynptr(c *vm.CPU) (uint64, error)  { return ringCommitDynptr(c, false) }
func ringDiscardDynptr(c *vm.CPU) (uint64, error) { return ringCommitDynptr(c, true) }

func ringCommitDynptr(c *vm.CPU, discard bool) (uint64, error) {
	d, err := LoadDynptr(c, c.R[1])
	if err != nil || d.Null() {
		return 0, err
	}
	r := EnvOf(c).Maps.ringAt(d.Data)
	if r == nil || r.Commit(d.Data, c.R[2], discard) != errno.OK {
		return 0, fmt.Errorf("%#x is not a reserved record", d.Data)
	}
	return 0, Dynptr{}.Store(c, c.R[1])
}

func dynptrRead(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	dst, err := Buffer(c, 1, n)
	if err != nil {
		return 0, err
	}
	d, err := LoadDynptr(c, c.R[3])
	if err != nil {
		return 0, err
	}
	off := uint64(uint32(c.R[4]))
	if d.Null() || c.R[5] != 0 {
		return errno.EINVAL.Ret(), nil
	}
	if e := d.Check(off, n); e != errno.OK {
		return e.Ret(), nil
	}
	e, err := d.Read(c, dst, off)
	return e.Ret(), err
}

func dynptrWrite(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[4]))
	d, err := LoadDynptr(c, c.R[1])
	if err != nil {
		return 0, err
	}
	src, err := Bytes(c, 3, n)
	if err != nil {
		return 0, err
	}
	off := uint64(uint32(c.R[2]))
	flags := c.R[5]
	if d.Null() || d.ReadOnly {
		return errno.EINVAL.Ret(), nil
	}
	if e := d.Check(off, n); e != errno.OK {
		return e.Ret(), nil
	}
	if d.Kind == DynptrSKB {
		if flags&^storeFlags != 0 {
			return errno.EINVAL.Ret(), nil
		}
	} else if flags != 0 {
		return errno.EINVAL.Ret(), nil
	}
	e, err := d.Write(c, src, off)
	if e == errno.OK && err == nil && d.Kind == DynptrSKB {
		invalidate(c, flags)
	}
	return e.Ret(), err
}

func dynptrData(c *vm.CPU) (uint64, error) {
	d, err := LoadDynptr(c, c.R[1])
	if err != nil {
		return 0, err
	}
	off, n := uint64(uint32(c.R[2])), uint64(uint32(c.R[3]))
	if d.Null() || d.Check(off, n) != errno.OK || d.ReadOnly || d.Kind == DynptrSKB || d.Kind == DynptrXDP {
		return 0, nil
	}
	return d.Addr(c, off, n), nil
}
