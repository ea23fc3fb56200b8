package helper

import (
	"bytes"
	"path"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// Sysctl is the file that a program decides about. The context says whether it
// is written.
type Sysctl struct {
	Name  string // such as net/ipv4/tcp_mem
	Value string // what it holds
	// New is what is to be written; a program may change it.
	New []byte
}

// sysctlArgs are the buffer that a helper fills and the file.
func sysctlArgs(c *vm.CPU) ([]byte, *Sysctl, error) {
	s := &EnvOf(c).Sysctl
	buf, err := Buffer(c, 2, c.R[3])
	return buf, s, err
}

func sysctlName(c *vm.CPU) (uint64, error) {
	const base = 1
	buf, s, err := sysctlArgs(c)
	if err != nil {
		return 0, err
	}
	flags, name := c.R[4], s.Name
	if flags&^base != 0 {
		return ret(errno.EINVAL)
	}
	if flags&base != 0 {
		name = path.Base(name)
	}
	if len(buf) == 0 {
		return ret(errno.E2BIG)
	}
	n := copy(buf[:len(buf)-1], name)
	buf[n] = 0
	if n < len(name) {
		return ret(errno.E2BIG)
	}
	return uint64(n), nil
}

func sysctlCurrent(c *vm.CPU) (uint64, error) {
	buf, s, err := sysctlArgs(c)
	if err != nil {
		return 0, err
	}
	return sysctlCopy(buf, []byte(s.Value))
}

func sysctlNew(c *vm.CPU) (uint64, error) {
	buf, s, err := sysctlArgs(c)
	if err != nil {
		return 0, err
	}
	if written, err := c.Mem.Load(c.R[1], 4); err != nil || written == 0 {
		clear(buf)
		return errno.EINVAL.Ret(), err
	}
	return sysctlCopy(buf, s.New)
}

// sysctlCopy fills a buffer with a value, padded with zeros or cut.
func sysctlCopy(buf, value []byte) (uint64, error) {
	switch {
	case len(buf) == 0:
		return ret(errno.E2BIG)
	case len(value) == 0:
		clear(buf)
		return ret(errno.EINVAL)
	case len(value) < len(buf):
		clear(buf[copy(buf, value):])
		return uint64(len(value)), nil
	}
	copy(buf, value)
	buf[len(buf)-1] = 0
	return ret(errno.E2BIG)
}

func sysctlSet(c *vm.CPU) (uint64, error) {
	const most = 4095
	s, n := &EnvOf(c).Sysctl, c.R[3]
	value, err := Bytes(c, 2, n)
	if err != nil {
		return 0, err
	}
	written, err := c.Mem.Load(c.R[1], 4)
	switch {
	case err != nil:
		return 0, err
	case written == 0 || len(s.New) == 0 || n == 0:
		return ret(errno.EINVAL)
	case n > most:
		return ret(errno.E2BIG)
	}
	s.New = bytes.Clone(value)
	return 0, nil
}
