package helper

import (
	"strings"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// What programs do to the current task, and see of it besides its numbers.

func sendSignal(c *vm.CPU) (uint64, error)       { return signal(c, false) }
func sendThreadSignal(c *vm.CPU) (uint64, error) { return signal(c, true) }

func signal(c *vm.CPU, thread bool) (uint64, error) {
	e := EnvOf(c)
	return ret(e.World.Send(Signal{Number: uint32(c.R[1]), To: e.Task, Thread: thread}))
}

// Send notes a signal; the first process, as in the kernel, gets none.
func (w *World) Send(s Signal) errno.Errno {
	const last, initial = 64, 1
	switch {
	case s.To.TGID == initial:
		return errno.EPERM
	case s.Number > last:
		return errno.EINVAL
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.signals = append(w.signals, s)
	return errno.OK
}

// probeWriteUser writes to memory of the process.
func probeWriteUser(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[3]))
	src, err := Bytes(c, 2, n)
	if err != nil || n == 0 {
		return 0, err
	}
	dst, err := Buffer(c, 1, n)
	if err != nil {
		return ret(errno.EFAULT)
	}
	copy(dst, src)
	return 0, nil
}

// namespacePID gives the task's numbers in the namespace that R1 and R2 name.
func namespacePID(c *vm.CPU) (uint64, error) {
	const infoLen = 8 // struct bpf_pidns_info
	e, n := EnvOf(c), uint64(uint32(c.R[4]))
	info, err := Buffer(c, 3, n)
	if err != nil {
		return 0, err
	}
	clear(info)
	if n != infoLen || (FileID{c.R[1], c.R[2]}) != e.World.PIDNamespace {
		return ret(errno.EINVAL)
	}
	mem.Put(info[:4], uint64(e.Task.PID))
	mem.Put(info[4:], uint64(e.Task.TGID))
	return 0, nil
}

// taskStack copies a task's stack, which is only known of the current one.
func taskStack(c *vm.CPU) (uint64, error) {
	const withBuildID = 1 << 11
	e, n := EnvOf(c), uint64(uint32(c.R[3]))
	if t := e.TaskAt(c.R[1]); t == e.Task || c.R[4]&withBuildID != 0 {
		return getStack(c)
	}
	buf, err := Buffer(c, 2, n)
	clear(buf)
	return errno.EFAULT.Ret(), err
}

// taskRegs returns the address of the registers with which a task entered the
// kernel, of zeros.
func taskRegs(c *vm.CPU) (uint64, error) {
	w := EnvOf(c).World
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.regs == nil {
		w.regs = make(map[uint64]uint64)
	}
	addr, ok := w.regs[c.R[1]]
	if !ok {
		addr = w.NewObject("pt_regs")
		w.regs[c.R[1]] = addr
	}
	return addr, nil
}

// branchRecords and branchSnapshot find none: no CPU here notes its branches.
func branchRecords(c *vm.CPU) (uint64, error) {
	const size = 1
	if c.R[4]&^size != 0 {
		return ret(errno.EINVAL)
	}
	return ret(errno.ENOENT)
}

func branchSnapshot(c *vm.CPU) (uint64, error) {
	if c.R[3] != 0 {
		return ret(errno.EINVAL)
	}
	return ret(errno.ENOENT)
}

// filePath writes the name of a file and returns its length with its end.
func filePath(c *vm.CPU) (uint64, error) {
	name, ok := EnvOf(c).World.Paths[c.R[1]]
	if !ok {
		return 0, &NotSimulated{"bpf_d_path (helper 147) of a file without a path in the scenario"}
	}
	return PutPath(c, 2, uint64(uint32(c.R[3])), name)
}

// PutPath writes the name of a file to n bytes at a register.
func PutPath(c *vm.CPU, reg int, n uint64, name string) (uint64, error) {
	buf, err := Buffer(c, reg, n)
	if err != nil || n == 0 {
		return 0, err
	}
	if len(name)+1 > len(buf) {
		return ret(errno.ENAMETOOLONG)
	}
	copy(buf, strings.TrimRight(name, "\x00")+"\x00")
	return uint64(len(name) + 1), nil
}

// execOptions are flags of the process that is about to run a file.
func execOptions(c *vm.CPU) (uint64, error) {
	const secure = 1
	if c.R[2]&^secure != 0 {
		return ret(errno.EINVAL)
	}
	return 0, nil
}
