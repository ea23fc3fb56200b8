package kfunc

import (
	"slices"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Iterators of tasks and cgroups keep what they walk and how far they are: an
// argument, flags and a count. What a scenario describes does not change while
// they run.
const (
	walkArg   = 0
	walkFlags = 8
	walkCount = 16
	walkLen   = 24
)

// walkNew begins a walk; check says what the arguments in R2 and R3 lack.
func walkNew(check func(arg, flags uint64) errno.Errno) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		it, err := c.Mem.Write(c.R[1], walkLen)
		if err != nil {
			return 0, err
		}
		clear(it)
		flags := uint64(uint32(c.R[3]))
		if e := check(c.R[2], flags); e != errno.OK {
			mem.Put(it[walkFlags:][:8], walkEnded)
			return ret(e)
		}
		mem.Put(it[walkArg:][:8], c.R[2])
		mem.Put(it[walkFlags:][:8], flags)
		return 0, nil
	}
}

// walkEnded are the flags of a walk that never began.
const walkEnded = 1<<64 - 1

// walkNext returns the next address of those that list makes, 0 at the end.
func walkNext(list func(e *helper.Env, arg, flags uint64) []uint64) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		it, err := c.Mem.Write(c.R[1], walkLen)
		if err != nil {
			return 0, err
		}
		flags, n := mem.Get(it[walkFlags:][:8]), mem.Get(it[walkCount:][:8])
		if flags == walkEnded {
			return 0, nil
		}
		all := list(helper.EnvOf(c), mem.Get(it[walkArg:][:8]), flags)
		if n >= uint64(len(all)) {
			return 0, nil
		}
		mem.Put(it[walkCount:][:8], n+1)
		return all[n], nil
	}
}

// Which tasks an iterator walks.
const (
	allProcesses = 0
	allThreads   = 1
	ownThreads   = 2
)

func checkTasks(arg, flags uint64) errno.Errno {
	if flags > ownThreads || flags == ownThreads && arg == 0 {
		return errno.EINVAL
	}
	return errno.OK
}

// tasks returns the addresses of the tasks that are wanted, in the order of their
// numbers.
func tasks(e *helper.Env, want func(*helper.Task) bool) (list []uint64) {
	all := append([]*helper.Task{e.Task}, e.Tasks...)
	slices.SortStableFunc(all, func(a, b *helper.Task) int { return int(a.PID) - int(b.PID) })
	for _, t := range all {
		if want(t) {
			list = append(list, e.TaskAddr(t))
		}
	}
	return list
}

func listTasks(e *helper.Env, arg, flags uint64) []uint64 {
	group := e.TaskAt(arg)
	return tasks(e, func(t *helper.Task) bool {
		switch flags {
		case allProcesses:
			return t.PID == t.TGID
		case ownThreads:
			return group != nil && t.TGID == group.TGID
		}
		return true
	})
}

// Ways through cgroups. A cgroup's own state is its first member, so that its
// address is the cgroup's.
const (
	parentsFirst  = 2
	childrenFirst = 3
	ancestors     = 4
)

func checkCgroups(_, flags uint64) errno.Errno {
	if flags < parentsFirst || flags > ancestors {
		return errno.EINVAL
	}
	return errno.OK
}

func listCgroups(e *helper.Env, arg, flags uint64) []uint64 {
	var list []uint64
	for _, id := range e.World.Walk(e.World.CgroupAt(arg), flags == ancestors, flags == childrenFirst) {
		list = append(list, e.World.CgroupAddr(id))
	}
	return list
}

func checkMembers(_, flags uint64) errno.Errno {
	const processes, threaded = 1, 2
	if flags != 0 && flags != processes && flags != processes|threaded {
		return errno.EINVAL
	}
	return errno.OK
}

// listMembers are the tasks of a cgroup.
func listMembers(e *helper.Env, arg, flags uint64) []uint64 {
	id := e.World.CgroupAt(arg)
	return tasks(e, func(t *helper.Task) bool { return t.CgroupID == id && (flags == 0 || t.PID == t.TGID) })
}
