package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// capSet is a set of capabilities that bpf(2) asks for, under the name that
// stands in the tables.
type capSet struct {
	name string
	caps []int
}

// capSets go from nothing to everything. CAP_SYS_ADMIN alone implies the rest.
var capSets = []capSet{
	{"none", nil},
	{"bpf", []int{unix.CAP_BPF}},
	{"bpf,perfmon", []int{unix.CAP_BPF, unix.CAP_PERFMON}},
	{"bpf,net_admin", []int{unix.CAP_BPF, unix.CAP_NET_ADMIN}},
	{"bpf,perfmon,net_admin", []int{unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_NET_ADMIN}},
	{"all", []int{unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN}},
}

// with runs f with a set of effective capabilities; the permitted ones stay.
func (c capSet) with(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var old [2]unix.CapUserData
	if err := unix.Capget(&hdr, &old[0]); err != nil {
		return err
	}
	data := old
	data[0].Effective, data[1].Effective = 0, 0
	for _, bit := range c.caps {
		data[bit/32].Effective |= 1 << (bit % 32)
	}
	if err := unix.Capset(&hdr, &data[0]); err != nil {
		return err
	}
	err := f()
	if back := unix.Capset(&hdr, &old[0]); back != nil {
		return back
	}
	return err
}
