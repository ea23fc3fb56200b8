package main

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

const (
	cmdMapUpdate = 2

	flagFrags = 1 << 5

	typeArrayOfPrograms = 3
	typeCgroupStorage   = 19

	jitSwitch = "/proc/sys/net/core/bpf_jit_enable"
)

// guest is a program that meets another one in a program array.
type guest struct {
	hook
	flags   uint32
	storage int  // which cgroup storage map it uses, 0 for none
	calls   bool // it makes tail calls through an array of its own
	noJIT   bool
}

// meetings are pairs of programs that come to one array, one after the other.
var meetings = []struct {
	name          string
	first, second guest
}{
	{"same", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 6}}},
	{"xdp and tc", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 3}}},
	{"cls and act", guest{hook: hook{typ: 3}}, guest{hook: hook{typ: 4}}},
	{"tracepoint and raw tracepoint", guest{hook: hook{typ: 5}}, guest{hook: hook{typ: 17}}},
	{"raw tracepoint and writable one", guest{hook: hook{typ: 17}}, guest{hook: hook{typ: 24}}},
	{"frags", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 6}, flags: flagFrags}},
	{"both frags", guest{hook: hook{typ: 6}, flags: flagFrags}, guest{hook: hook{typ: 6}, flags: flagFrags}},
	{"xdp for a devmap", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 6, attach: 33}}},
	{"xdp with its attach type", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 6, attach: 37}}},
	{"ingress and egress", guest{hook: hook{typ: 8}}, guest{hook: hook{typ: 8, attach: 1}}},
	{"bind and connect", guest{hook: hook{typ: 18, attach: 8}}, guest{hook: hook{typ: 18, attach: 10}}},
	{"kprobe and kprobe.multi", guest{hook: hook{typ: 2}}, guest{hook: hook{typ: 2, attach: 42}}},
	{"sleepable", guest{hook: hook{typ: 2}}, guest{hook: hook{typ: 2, sleepable: true}}},
	{"both sleepable", guest{hook: hook{typ: 2, sleepable: true}}, guest{hook: hook{typ: 2, sleepable: true}}},
	{"one tracepoint", tracing(23, "typedef:btf_trace_sched_switch"), tracing(23, "typedef:btf_trace_sched_switch")},
	{"other tracepoints", tracing(23, "typedef:btf_trace_sched_switch"), tracing(23, "typedef:btf_trace_sched_process_fork")},
	{"alike tracepoints", tracing(23, "typedef:btf_trace_sched_process_exit"), tracing(23, "typedef:btf_trace_sched_process_free")},
	{"one function", tracing(24, "func:vfs_read"), tracing(24, "func:vfs_read")},
	{"other functions", tracing(24, "func:vfs_read"), tracing(24, "func:bpf_fentry_test1")},
	{"entry and exit", tracing(24, "func:vfs_read"), tracing(25, "func:vfs_read")},
	{"iterators", tracing(28, "func:bpf_iter_task"), tracing(28, "func:bpf_iter_bpf_map")},
	{"one LSM hook", lsm("file_open"), lsm("file_open")},
	{"other LSM hooks", lsm("file_open"), lsm("bprm_creds_for_exec")},
	{"one storage", cgroup(1, false), cgroup(1, false)},
	{"other storages", cgroup(1, false), cgroup(2, false)},
	{"storage and none", cgroup(1, false), cgroup(0, false)},
	{"storage and none that calls", cgroup(1, false), cgroup(0, true)},
	{"none and storage", cgroup(0, false), cgroup(1, false)},
	{"compiled and interpreted", guest{hook: hook{typ: 6}}, guest{hook: hook{typ: 6}, noJIT: true}},
	{"interpreted and compiled", guest{hook: hook{typ: 6}, noJIT: true}, guest{hook: hook{typ: 6}}},
}

// String has the numbers of type, attach type and flags, the target, which
// storage it uses, and whether it makes tail calls and is compiled.
func (g guest) String() string {
	target := g.target
	if target == "" {
		target = "-"
	}
	return fmt.Sprint(g.typ, " ", g.attach, " ", g.program().flags|g.flags, " ", target, " ", g.storage, " ", g.calls, " ", !g.noJIT)
}

func tracing(attach uint32, target string) guest {
	return guest{hook: hook{typ: typeTracing, attach: attach, target: target}}
}

func lsm(name string) guest {
	return guest{hook: hook{typ: typeLSM, attach: 27, target: "func:bpf_lsm_" + name}}
}

func cgroup(storage int, calls bool) guest {
	return guest{hook: hook{typ: 8}, storage: storage, calls: calls}
}

// printArrays writes what happens when two programs meet in a program array:
// the pair, and the answer to the second one when the first was loaded as a
// caller and the second is put in; when both are put in; and when the first was
// put in and the second is loaded as a caller. A program that does not load even
// alone gives "-".
func printArrays(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	storages := []int{0}
	for range 2 {
		fd, errno := createMap(mapSpec{typ: typeCgroupStorage, key: 16, value: 8})
		if errno != 0 {
			return fmt.Errorf("cgroup storage: %w", errno)
		}
		storages = append(storages, fd)
	}
	h := host{l: newLoader(), storages: storages}
	for _, m := range meetings {
		if !m.first.resolve(spec) || !m.second.resolve(spec) {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.name, m.first, m.second,
			h.meet(m.first, m.second, true, false), h.meet(m.first, m.second, false, false), h.meet(m.first, m.second, false, true))
	}
	return nil
}

// host loads programs and puts them into arrays.
type host struct {
	l        *loader
	storages []int
}

// meet lets two programs come to a new array, each as a caller or as a member.
func (h *host) meet(first, second guest, firstCalls, secondCalls bool) string {
	array, errno := createMap(mapSpec{typ: typeArrayOfPrograms, key: 4, value: 4, entries: 2})
	if errno != 0 {
		return "-"
	}
	defer unix.Close(array)
	if h.alone(second) != 0 || h.come(first, array, firstCalls) != 0 {
		return "-"
	}
	return result(h.come(second, array, secondCalls), "")
}

// alone loads a program that meets nobody.
func (h *host) alone(g guest) unix.Errno {
	fd, errno := h.load(g, -1)
	if errno == 0 {
		unix.Close(fd)
	}
	return errno
}

// come loads a program as a caller, or puts it into the array.
func (h *host) come(g guest, array int, calls bool) unix.Errno {
	through := -1
	if calls {
		through = array
	}
	fd, errno := h.load(g, through)
	if errno != 0 || calls {
		// A caller stays, so that the array has an owner as long as there is one.
		return errno
	}
	defer unix.Close(fd)
	key, value := uint32(0), uint32(fd)
	attr := struct {
		fd, _             uint32
		key, value, flags uint64
	}{fd: uint32(array), key: pointer(&key), value: pointer(&value)}
	_, _, errno = unix.Syscall(unix.SYS_BPF, cmdMapUpdate, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	return errno
}

// load loads a program that calls through an array, -1 for none.
func (h *host) load(g guest, array int) (int, unix.Errno) {
	if g.noJIT {
		old, err := os.ReadFile(jitSwitch)
		if err != nil || os.WriteFile(jitSwitch, []byte("0"), 0) != nil {
			return -1, unix.ENOTSUP
		}
		defer func() { _ = os.WriteFile(jitSwitch, old, 0) }()
	}
	if g.calls && array < 0 {
		own, errno := createMap(mapSpec{typ: typeArrayOfPrograms, key: 4, value: 4, entries: 2})
		if errno != 0 {
			return -1, errno
		}
		defer unix.Close(own)
		array = own
	}
	var errno unix.Errno
	for ret := range int32(2) {
		p := g.program(g.insns(h.storages, array, ret)...)
		p.flags |= g.flags
		var fd int
		if fd, errno = h.l.keep(p); errno == 0 {
			return fd, 0
		}
	}
	return -1, errno
}

func (g guest) insns(storages []int, array int, ret int32) []insn {
	out := []insn{movReg(6, 1)}
	if g.storage > 0 {
		out = append(append(out, mapFD(1, storages[g.storage])...), movImm(2, 0), call(81))
	}
	if array >= 0 {
		out = append(append(append(out, movReg(1, 6)), mapFD(2, array)...), movImm(3, 0), call(12))
	}
	return append(out, movImm(0, ret), exit())
}
