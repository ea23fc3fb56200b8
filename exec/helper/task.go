package helper

import (
	"github.com/bpflint/bpflint/exec/vm"
)

func ktime(c *vm.CPU) (uint64, error) { return EnvOf(c).Now(), nil }

// jiffies count from five minutes before they overflow 32 bits, 250 a second.
func jiffies(c *vm.CPU) (uint64, error) {
	const hz = 250
	return 1<<32 - 300*hz + EnvOf(c).Now()/(1e9/hz), nil
}

func random(c *vm.CPU) (uint64, error) { return uint64(EnvOf(c).Rand.Uint32()), nil }

func cpuID(c *vm.CPU) (uint64, error) { return uint64(c.ID), nil }

func numaNode(*vm.CPU) (uint64, error) { return 0, nil }

func pidTGID(c *vm.CPU) (uint64, error) {
	t := EnvOf(c).Task
	return uint64(t.TGID)<<32 | uint64(t.PID), nil
}

func uidGID(c *vm.CPU) (uint64, error) {
	t := EnvOf(c).Task
	return uint64(t.GID)<<32 | uint64(t.UID), nil
}

// comm copies the process's name, cut to fit and padded with zeros.
func comm(c *vm.CPU) (uint64, error) {
	b, err := Buffer(c, 1, uint64(uint32(c.R[2])))
	if err != nil || len(b) == 0 {
		return 0, err
	}
	clear(b[copy(b[:len(b)-1], EnvOf(c).Task.Comm[:min(len(EnvOf(c).Task.Comm), 15)]):])
	return 0, nil
}

func cgroupID(c *vm.CPU) (uint64, error) { return EnvOf(c).Task.CgroupID, nil }

func cookie(*vm.CPU) (uint64, error) { return 1, nil }

// currentTask returns the address of the task's struct task_struct.
func currentTask(c *vm.CPU) (uint64, error) {
	e := EnvOf(c)
	if e.TaskAddr == nil {
		return KernelObject, nil
	}
	return e.TaskAddr(e.Task), nil
}

// KernelObject is an address in no region, as the kernel's own memory has.
const KernelObject = 0xffff_8000_0000_0000
