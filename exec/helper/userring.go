package helper

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// drainUserRing calls a function with a dynamic pointer to each record that
// user space sent, until it returns 1.
func drainUserRing(c *vm.CPU) (uint64, error) {
	const most, known = 128 * 1024, 1 | 2
	callback, ctx, flags := c.R[2], c.R[3], c.R[4]
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	ring, ok := m.(*maps.UserRing)
	switch {
	case !ok:
		return 0, fmt.Errorf("map %s is no user ring buffer", m.Spec().Name)
	case flags&^known != 0:
		return ret(errno.EINVAL)
	case !ring.Lock():
		return ret(errno.EBUSY)
	}
	defer ring.Unlock()
	count := uint64(0)
	for range most {
		addr, size, e := ring.Peek()
		switch e {
		case errno.OK:
		case errno.EAGAIN:
			continue
		case errno.ENODATA:
			return count, nil
		default:
			return ret(e)
		}
		r, err := callWithDynptr(c, callback, Dynptr{Data: addr, Size: size, Kind: DynptrLocal}, ctx)
		ring.Release(size)
		if err != nil {
			return 0, err
		}
		if count++; r != 0 {
			break
		}
	}
	return count, nil
}

// callWithDynptr gives a callback a dynamic pointer that the kernel holds.
func callWithDynptr(c *vm.CPU, callback uint64, d Dynptr, ctx uint64) (uint64, error) {
	b := make([]byte, dynptrLen)
	c.Mem.SetPrivate(hook.DynptrRegion, mem.Region{R: b, W: b}, mem.Info{Name: "a dynamic pointer"})
	at := mem.Addr(hook.DynptrRegion)
	if err := d.Store(c, at); err != nil {
		return 0, err
	}
	return c.Call(callback, at, ctx)
}
