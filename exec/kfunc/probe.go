package kfunc

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// copyString copies a string of user space and returns its length with its end.
// The flag 1 fills the rest with zeros.
func copyString(c *vm.CPU) (uint64, error) {
	const pad = 1
	n, flags := int(uint32(c.R[2])), c.R[4]
	dst, err := helper.Buffer(c, 1, uint64(n))
	switch {
	case err != nil:
		return 0, err
	case flags&^pad != 0:
		return ret(errno.EINVAL)
	case n == 0:
		return 0, nil
	}
	s, err := helper.CString(c, c.R[3], n-1)
	if err != nil {
		if flags&pad != 0 {
			clear(dst)
		}
		return ret(errno.EFAULT)
	}
	end := copy(dst, s)
	dst[end] = 0
	if flags&pad != 0 {
		clear(dst[end:])
	}
	return uint64(end + 1), nil
}

// probeInto copies R3 bytes from R4 to a dynamic pointer in R1 at R2.
func probeInto(c *vm.CPU) (uint64, error) {
	return intoDynptr(c, func(n int) ([]byte, error) { return c.Mem.Read(c.R[4], n) })
}

// probeStringInto is that for a string, of which R3 is the most; the result is its
// length with its end.
func probeStringInto(c *vm.CPU) (uint64, error) {
	n := 0
	r0, err := intoDynptr(c, func(most int) ([]byte, error) {
		s, err := helper.CString(c, c.R[4], max(most-1, 0))
		n = len(s) + 1
		return append(s, 0), err
	})
	if r0 == 0 && err == nil {
		return uint64(n), nil
	}
	return r0, err
}

func intoDynptr(c *vm.CPU, read func(n int) ([]byte, error)) (uint64, error) {
	off, n := c.R[2], c.R[3]
	at, err := slice(c, c.R[1], off, n, true)
	if err != nil {
		return 0, err
	}
	if at == 0 {
		return refusedWrite(c, c.R[1], off, n)
	}
	b, err := read(int(n))
	if err != nil {
		return ret(errno.EFAULT)
	}
	dst, err := c.Mem.Write(at, len(b))
	copy(dst, b)
	return 0, err
}

// pathName writes the name of a file of the scenario.
func pathName(c *vm.CPU) (uint64, error) {
	name, ok := helper.EnvOf(c).World.Paths[c.R[1]]
	if !ok {
		return 0, &helper.NotSimulated{Name: "kfunc bpf_path_d_path of a file without a path in the scenario"}
	}
	return helper.PutPath(c, 2, uint64(uint32(c.R[3])), name)
}

// none is for kfuncs that return something which nothing here has.
func none(*vm.CPU) (uint64, error) { return 0, nil }

// unsupported is for what only some devices can tell.
func unsupported(*vm.CPU) (uint64, error) { return ret(errno.EOPNOTSUPP) }

func noMemoryAreas(*vm.CPU) (uint64, error) { return ret(errno.ENOENT) }

// elementCount counts the elements of a map.
func elementCount(c *vm.CPU) (uint64, error) {
	m := helper.EnvOf(c).Maps.At(c.R[1])
	if m == nil {
		return 0, nil
	}
	n := uint64(0)
	for k, e := m.Next(nil); e == errno.OK; k, e = m.Next(k) {
		n++
	}
	return n, nil
}

// pullData makes the first bytes of a packet linear, which all are here.
func pullData(c *vm.CPU) (uint64, error) {
	p, err := helper.PacketOf(c)
	if err != nil {
		return 0, err
	}
	if uint64(uint32(c.R[2])) > uint64(p.Len()) {
		return ret(errno.EINVAL)
	}
	return 0, nil
}
