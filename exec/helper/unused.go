package helper

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
)

// What follows works on things that packets and processes of test runs do not
// have: perf events, transformations, memory of user space, other sockets. It
// gives what Linux answers then.

// perfRead reads a perf event, of which none is open.
func perfRead(c *vm.CPU) (uint64, error) {
	e, err := perfEvent(c)
	return e.Ret(), err
}

func perfReadValue(c *vm.CPU) (uint64, error) {
	const valueLen = 24 // struct bpf_perf_event_value
	n := uint64(uint32(c.R[4]))
	buf, err := Buffer(c, 3, n)
	if err != nil {
		return 0, err
	}
	clear(buf)
	if n != valueLen {
		return ret(errno.EINVAL)
	}
	return perfRead(c)
}

func perfEvent(c *vm.CPU) (errno.Errno, error) {
	const currentCPU = 0xffff_ffff
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	index := c.R[2]
	if index == currentCPU {
		index = uint64(c.ID)
	}
	switch {
	case c.R[2] > currentCPU:
		return errno.EINVAL, nil
	case index >= uint64(m.Spec().MaxEntries):
		return errno.E2BIG, nil
	}
	return errno.ENOENT, nil
}

// getTransform asks for a transformation (IPsec) that the packet went through.
func getTransform(c *vm.CPU) (uint64, error) {
	buf, err := Buffer(c, 3, uint64(uint32(c.R[4])))
	if err != nil {
		return 0, err
	}
	clear(buf)
	return ret(errno.EINVAL)
}

// assignSocket gives a packet or a lookup a socket. That of a packet can only be
// its own, which listens nowhere; that of a lookup can be none.
func assignSocket(c *vm.CPU) (uint64, error) {
	const lookupFlags = 3
	if _, ok := EnvOf(c).Hook.(*hook.SKB); ok {
		if c.R[2] == 0 || c.R[3] != 0 {
			return ret(errno.EINVAL)
		}
		return ret(errno.EOPNOTSUPP)
	}
	switch {
	case c.R[3]&^lookupFlags != 0:
		return ret(errno.EINVAL)
	case c.R[2] != 0:
		return ret(errno.ESOCKTNOSUPPORT)
	}
	return 0, nil
}

// copyFromUser finds no memory of user space.
func copyFromUser(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	dst, err := Buffer(c, 1, n)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	if src, err := Bytes(c, 3, n); err == nil {
		copy(dst, src)
		return 0, nil
	}
	clear(dst)
	return ret(errno.EFAULT)
}

// underCgroup says whether something is below a cgroup of a map, which holds
// none.
func underCgroup(c *vm.CPU, mapReg, indexReg int) (uint64, error) {
	m, err := mapArg(c, mapReg)
	if err != nil {
		return 0, err
	}
	if index := uint32(c.R[indexReg]); index >= m.Spec().MaxEntries {
		return ret(errno.E2BIG)
	}
	return ret(errno.EAGAIN)
}

func taskUnderCgroup(c *vm.CPU) (uint64, error) { return underCgroup(c, 1, 2) }

func packetUnderCgroup(c *vm.CPU) (uint64, error) {
	return underCgroup(c, 2, 3)
}
