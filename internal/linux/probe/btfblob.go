package main

import (
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

const cmdBTFLoad = 18

// valueTypes are BTF types of map values, loaded into the kernel together.
type valueTypes struct {
	fd  uint32
	ids map[string]uint32
}

// fieldSizes are the special fields of map values by the kernel's names.
var fieldSizes = []struct {
	name  string
	bytes uint32
}{
	{"bpf_spin_lock", 4}, {"bpf_timer", 16}, {"bpf_wq", 16}, {"bpf_task_work", 8}, {"bpf_res_spin_lock", 8}, {"bpf_refcount", 4},
}

// loadValueTypes loads int, a plain 32-byte struct and one with each special
// field. A kernel that does not know a field takes it for a plain struct.
func loadValueTypes() (*valueTypes, error) {
	b, err := btf.NewBuilder(nil, nil)
	if err != nil {
		return nil, err
	}
	u32 := &btf.Int{Name: "unsigned int", Size: 4}
	u64 := &btf.Int{Name: "unsigned long", Size: 8}
	v := &valueTypes{ids: map[string]uint32{}}
	add := func(name string, t btf.Type) error {
		id, err := b.Add(t)
		v.ids[name] = uint32(id)
		return err
	}
	if err := add("int", u32); err != nil {
		return nil, err
	}
	rest := func(from uint32) []btf.Member {
		var m []btf.Member
		for off := (from + 7) / 8 * 8; off < 32; off += 8 {
			m = append(m, btf.Member{Name: "w", Type: u64, Offset: btf.Bits(off * 8)})
		}
		return m
	}
	if err := add("plain", &btf.Struct{Name: "plain", Size: 32, Members: rest(0)}); err != nil {
		return nil, err
	}
	for _, f := range fieldSizes {
		word := btf.Type(u64)
		if f.bytes == 4 {
			word = u32
		}
		special := &btf.Struct{Name: f.name, Size: f.bytes}
		for off := uint32(0); off < f.bytes; off += min(8, f.bytes) {
			special.Members = append(special.Members, btf.Member{Name: "opaque", Type: word, Offset: btf.Bits(off * 8)})
		}
		holder := &btf.Struct{Name: "with_" + f.name, Size: 32}
		holder.Members = append([]btf.Member{{Name: "f", Type: special}}, rest(f.bytes)...)
		if err := add(f.name, holder); err != nil {
			return nil, err
		}
	}
	blob, err := b.Marshal(nil, &btf.MarshalOptions{Order: native})
	if err != nil {
		return nil, err
	}
	a := struct {
		data, log            uint64
		size, logSize, level uint32
	}{data: pointer(&blob[0]), size: uint32(len(blob))}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, cmdBTFLoad, uintptr(unsafe.Pointer(&a)), 28)
	runtime.KeepAlive(blob)
	if errno != 0 {
		return nil, errno
	}
	v.fd = uint32(fd)
	return v, nil
}
