package kfunc

import (
	"bytes"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

func dynptrFromSKB(caller Caller) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		return fromPacket(c, helper.DynptrSKB, caller.ReadOnlyPacket)
	}
}

func dynptrFromXDP(c *vm.CPU) (uint64, error) { return fromPacket(c, helper.DynptrXDP, false) }

func fromPacket(c *vm.CPU, kind helper.DynptrKind, readOnly bool) (uint64, error) {
	p, err := helper.PacketOf(c)
	if err != nil {
		return 0, err
	}
	d, e := helper.Dynptr{}, errno.EINVAL
	if c.R[2] == 0 {
		d = helper.Dynptr{Data: c.R[1], Size: uint32(p.Len()), Kind: kind, ReadOnly: readOnly}
		e = errno.OK
	}
	return e.Ret(), d.Store(c, c.R[3])
}

// slice returns where n bytes at an offset are, 0 when they cannot be had in
// one piece. The buffer that the program offers for the other case is not
// needed: packets are in one piece.
func slice(c *vm.CPU, at, off, n uint64, write bool) (uint64, error) {
	d, err := helper.LoadDynptr(c, at)
	if err != nil || d.Null() || write && d.ReadOnly || d.Check(off, n) != errno.OK {
		return 0, err
	}
	return d.Addr(c, off, n), nil
}

func dynptrSlice(c *vm.CPU) (uint64, error) {
	return slice(c, c.R[1], c.R[2], c.R[4], false)
}

func dynptrSliceRdwr(c *vm.CPU) (uint64, error) {
	return slice(c, c.R[1], c.R[2], c.R[4], true)
}

func dynptrAdjust(c *vm.CPU) (uint64, error) {
	d, err := helper.LoadDynptr(c, c.R[1])
	if err != nil {
		return 0, err
	}
	start, end := c.R[2], c.R[3]
	switch {
	case d.Null() || start > end:
		return ret(errno.EINVAL)
	case end > uint64(d.Size):
		return ret(errno.ERANGE)
	}
	d.Offset += uint32(start)
	d.Size = uint32(end - start)
	return 0, d.Store(c, c.R[1])
}

func dynptrIsNull(c *vm.CPU) (uint64, error) {
	d, err := helper.LoadDynptr(c, c.R[1])
	return boolean(d.Null()), err
}

func dynptrIsReadOnly(c *vm.CPU) (uint64, error) {
	d, err := helper.LoadDynptr(c, c.R[1])
	return boolean(!d.Null() && d.ReadOnly), err
}

func dynptrSize(c *vm.CPU) (uint64, error) {
	d, err := helper.LoadDynptr(c, c.R[1])
	if d.Null() && err == nil {
		return ret(errno.EINVAL)
	}
	return uint64(d.Size), err
}

func dynptrClone(c *vm.CPU) (uint64, error) {
	d, err := helper.LoadDynptr(c, c.R[1])
	if err != nil {
		return 0, err
	}
	e := errno.OK
	if d.Null() {
		d, e = helper.Dynptr{}, errno.EINVAL
	}
	return e.Ret(), d.Store(c, c.R[2])
}

// dynptrCopy copies R5 bytes from R3 at R4 to R1 at R2.
func dynptrCopy(c *vm.CPU) (uint64, error) {
	n := c.R[5]
	from, err := slice(c, c.R[3], c.R[4], n, false)
	if err != nil {
		return 0, err
	}
	to, err := slice(c, c.R[1], c.R[2], n, true)
	if err != nil {
		return 0, err
	}
	switch {
	case from != 0 && to != 0:
		src, err := c.Mem.Read(from, int(n))
		if err != nil {
			return 0, err
		}
		dst, err := c.Mem.Write(to, int(n))
		copy(dst, src)
		return 0, err
	case from != 0:
		return refusedWrite(c, c.R[1], c.R[2], n)
	}
	d, err := helper.LoadDynptr(c, c.R[3])
	if err != nil {
		return 0, err
	}
	if d.Null() && to != 0 {
		return ret(errno.EINVAL)
	}
	return ret(errno.E2BIG)
}

// refusedWrite says why bytes cannot be written.
func refusedWrite(c *vm.CPU, at, off, n uint64) (uint64, error) {
	d, err := helper.LoadDynptr(c, at)
	if err != nil {
		return 0, err
	}
	if d.Null() || d.ReadOnly {
		return ret(errno.EINVAL)
	}
	if e := d.Check(off, n); e != errno.OK {
		return ret(e)
	}
	return ret(errno.EFAULT)
}

func dynptrMemset(c *vm.CPU) (uint64, error) {
	off, n := c.R[2], c.R[3]
	at, err := slice(c, c.R[1], off, n, true)
	if err != nil {
		return 0, err
	}
	if at == 0 {
		return refusedWrite(c, c.R[1], off, n)
	}
	dst, err := c.Mem.Write(at, int(n))
	copy(dst, bytes.Repeat([]byte{byte(c.R[4])}, len(dst)))
	return 0, err
}
