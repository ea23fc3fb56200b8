package helper

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

func ringReserve(c *vm.CPU) (uint64, error) {
	r, err := ringArg(c, 1)
	if err != nil || c.R[3] != 0 {
		return 0, err
	}
	return r.Reserve(c.R[2]), nil
}

func ringSubmit(c *vm.CPU) (uint64, error)  { return ringCommit(c, false) }
func ringDiscard(c *vm.CPU) (uint64, error) { return ringCommit(c, true) }

func ringCommit(c *vm.CPU, discard bool) (uint64, error) {
	r := EnvOf(c).Maps.ringAt(c.R[1])
	if r == nil || r.Commit(c.R[1], c.R[2], discard) != errno.OK {
		return 0, fmt.Errorf("R1=%#x is not a reserved record", c.R[1])
	}
	return 0, nil
}

func ringOutput(c *vm.CPU) (uint64, error) {
	r, err := ringArg(c, 1)
	if err != nil {
		return 0, err
	}
	data, err := Bytes(c, 2, c.R[3])
	if err != nil {
		return 0, err
	}
	return ret(r.Output(data, c.R[4]))
}

func ringQuery(c *vm.CPU) (uint64, error) {
	r, err := ringArg(c, 1)
	if err != nil {
		return 0, err
	}
	return r.Query(c.R[2]), nil
}

// perfOutput sends a record to a perf event array, followed by as many bytes
// of the packet as the upper half of the flags says.
func perfOutput(c *vm.CPU) (uint64, error) {
	const currentCPU, lenShift, lenMask = 0xffff_ffff, 32, 0xfffff << 32
	m, err := mapArg(c, 2)
	if err != nil {
		return 0, err
	}
	events, ok := m.(*maps.Events)
	if !ok {
		return 0, fmt.Errorf("map %s is no perf event array", m.Spec().Name)
	}
	flags := c.R[3]
	data, err := Bytes(c, 4, c.R[5])
	if err != nil {
		return 0, err
	}
	if flags&^(currentCPU|lenMask) != 0 {
		return errno.EINVAL.Ret(), nil
	}
	index := uint32(flags)
	if index == currentCPU {
		index = uint32(c.ID)
	}
	var packet []byte
	if n := flags >> lenShift; n > 0 {
		p := EnvOf(c).Hook.Packet()
		if p == nil {
			return errno.EINVAL.Ret(), nil
		}
		if packet = p.At(0, n); packet == nil {
			return errno.EFAULT.Ret(), nil
		}
	}
	return ret(events.Output(c.ID, index, data, packet))
}
