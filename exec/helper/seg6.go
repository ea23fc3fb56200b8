package helper

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// Packets of test runs come through no segment routing, so there is no header
// of it which a program could change.

func seg6Change(*vm.CPU) (uint64, error) { return ret(errno.EINVAL) }

func seg6Action(c *vm.CPU) (uint64, error) {
	const endX, endT, endDT6 = 2, 3, 7
	switch uint32(c.R[2]) {
	case endX, endT, endDT6:
		return ret(errno.EBADMSG)
	}
	return ret(errno.EINVAL)
}
