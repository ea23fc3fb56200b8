package helper

import (
	"math"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

func timerInit(c *vm.CPU) (uint64, error) {
	const realtime, monotonic, boottime = 0, 1, 7
	switch c.R[3] {
	case realtime, monotonic, boottime:
	default:
		return ret(errno.EINVAL)
	}
	e, err := EnvOf(c).Timers.Init(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func timerSetCallback(c *vm.CPU) (uint64, error) {
	e, err := EnvOf(c).Timers.SetCallback(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func timerStart(c *vm.CPU) (uint64, error) {
	const absolute, pinned = 1, 2
	due, flags := c.R[2], c.R[3]
	if flags&^(absolute|pinned) != 0 {
		return ret(errno.EINVAL)
	}
	if flags&absolute == 0 {
		due = later(EnvOf(c).Now(), due)
	}
	e, err := EnvOf(c).Timers.Start(c, c.R[1], due)
	return e.Ret(), err
}

func timerCancel(c *vm.CPU) (uint64, error) { return EnvOf(c).Timers.Cancel(c, c.R[1]) }

// later adds to a time. As in the kernel, what does not fit, and what has a
// sign, is never.
func later(now, ns uint64) uint64 {
	if ns > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + ns
}
