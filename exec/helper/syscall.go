package helper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// What programs that are system calls do: they call bpf(2), and look up types
// and symbols.

// MapAttr is the attribute of BPF_MAP_CREATE.
type MapAttr struct {
	Type, KeySize, ValueSize, MaxEntries, Flags uint32
	Extra                                       uint64
	Name                                        string
}

// firstFD is the first descriptor that a program gets: it has not closed the
// three that processes begin with.
const firstFD = 3

// open gives an entry the least descriptor that is free.
func (w *World) open(e Entry) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.files {
		if f == nil {
			w.files[i] = &e
			return uint64(i + firstFD)
		}
	}
	w.files = append(w.files, &e)
	return uint64(len(w.files) - 1 + firstFD)
}

// fileAt returns the map of a descriptor, nil when there is none.
func (w *World) fileAt(fd uint32) maps.Map {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := int64(fd) - firstFD; i >= 0 && i < int64(len(w.files)) && w.files[i] != nil {
		return w.files[i].Map
	}
	return nil
}

func sysClose(c *vm.CPU) (uint64, error) {
	w, fd := EnvOf(c).World, uint32(c.R[1])
	if w.fileAt(fd) == nil {
		return ret(errno.EBADF)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[fd-firstFD] = nil
	return 0, nil
}

// command is a command of bpf(2) with its attribute.
type command func(c *vm.CPU, attr []byte) (uint64, error)

// commands has a row for each command that Linux lets programs give; the nil
// ones are not simulated.
var commands = map[uint32]command{
	0: sysMapCreate, 2: sysMapUpdate, 3: sysMapDelete, 22: nil, // freeze
	5: nil, 14: nil, 17: nil, 18: nil, 28: nil, // programs, maps by their ID, tracepoints, types, links
}

// attrLen is more than any member of the attributes that are simulated needs.
const attrLen = 128

func sysBPF(c *vm.CPU) (uint64, error) {
	cmd, n := uint32(c.R[1]), uint32(c.R[3])
	given, err := Bytes(c, 2, uint64(n))
	if err != nil {
		return 0, err
	}
	do, known := commands[cmd]
	switch {
	case !known:
		return ret(errno.EINVAL)
	case do == nil:
		return 0, &NotSimulated{fmt.Sprintf("bpf_sys_bpf (helper 166) with the command %d", cmd)}
	}
	attr := make([]byte, attrLen)
	copy(attr, given)
	return do(c, attr)
}

// beyond reports whether an attribute has more than a command reads.
func beyond(attr []byte, n int) bool {
	return slices.ContainsFunc(attr[n:], func(b byte) bool { return b != 0 })
}

func sysMapCreate(c *vm.CPU, attr []byte) (uint64, error) {
	u := func(off int) uint32 { return binary.LittleEndian.Uint32(attr[off:]) }
	name, _, _ := strings.Cut(string(attr[28:44]), "\x00")
	made, err := EnvOf(c).World.NewMap(MapAttr{
		Type: u(0), KeySize: u(4), ValueSize: u(8), MaxEntries: u(12), Flags: u(16),
		Extra: binary.LittleEndian.Uint64(attr[64:]), Name: name,
	})
	var missing *NotSimulated
	switch {
	case errors.As(err, &missing):
		return 0, err
	case err != nil:
		return ret(errno.EINVAL)
	}
	return EnvOf(c).World.open(made), nil
}

// element finds the map of an attribute, and the key that it names.
func element(c *vm.CPU, attr []byte) (maps.Map, []byte, errno.Errno) {
	m := EnvOf(c).World.fileAt(binary.LittleEndian.Uint32(attr))
	if m == nil {
		return nil, nil, errno.EBADF
	}
	key, err := c.Mem.Read(binary.LittleEndian.Uint64(attr[8:]), int(m.Spec().KeySize))
	if err != nil {
		return nil, nil, errno.EFAULT
	}
	return m, key, errno.OK
}

func sysMapUpdate(c *vm.CPU, attr []byte) (uint64, error) {
	if beyond(attr, 32) {
		return ret(errno.EINVAL)
	}
	m, key, e := element(c, attr)
	if e != errno.OK {
		return ret(e)
	}
	value, err := c.Mem.Read(binary.LittleEndian.Uint64(attr[16:]), int(m.Spec().ValueSize))
	if err != nil {
		return ret(errno.EFAULT)
	}
	return ret(m.Put(key, value, binary.LittleEndian.Uint64(attr[24:])))
}

func sysMapDelete(c *vm.CPU, attr []byte) (uint64, error) {
	if beyond(attr, 16) {
		return ret(errno.EINVAL)
	}
	m, key, e := element(c, attr)
	if e != errno.OK {
		return ret(e)
	}
	return ret(m.Delete(key))
}

// nameArg reads a string of R2 bytes at R1, whose last one must be its end.
func nameArg(c *vm.CPU) (string, bool, error) {
	n := int32(c.R[2])
	if n <= 1 {
		return "", false, nil
	}
	b, err := Bytes(c, 1, uint64(n))
	if err != nil || b[n-1] != 0 {
		return "", false, err
	}
	name, _, _ := strings.Cut(string(b), "\x00")
	return name, true, nil
}

// symbolAddr looks up a symbol of the scenario.
func symbolAddr(c *vm.CPU) (uint64, error) {
	out, err := Buffer(c, 4, 8)
	if err != nil {
		return 0, err
	}
	name, ok, err := nameArg(c)
	if c.R[3] != 0 || !ok || err != nil {
		return errno.EINVAL.Ret(), err
	}
	addr := EnvOf(c).World.Symbols[name]
	mem.Put(out, addr)
	if addr == 0 {
		return ret(errno.ENOENT)
	}
	return 0, nil
}

// typeByName looks up the number of a type of the kernel.
func typeByName(c *vm.CPU) (uint64, error) {
	name, ok, err := nameArg(c)
	if c.R[4] != 0 || !ok || err != nil {
		return errno.EINVAL.Ret(), err
	}
	types, err := EnvOf(c).World.Types()
	if err != nil {
		return 0, err
	}
	found, err := types.AnyTypesByName(name)
	if err != nil {
		return ret(errno.ENOENT)
	}
	for _, t := range found {
		if id, err := types.TypeID(t); err == nil && kindOf(t) == uint32(c.R[3]) {
			return uint64(id), nil
		}
	}
	return ret(errno.ENOENT)
}

// kindOf is the number of a named type's kind (include/uapi/linux/btf.h).
func kindOf(t btf.Type) uint32 {
	switch t := t.(type) {
	case *btf.Int:
		return 1
	case *btf.Struct:
		return 4
	case *btf.Union:
		return 5
	case *btf.Enum:
		if t.Size == 8 {
			return 19
		}
		return 6
	case *btf.Fwd:
		return 7
	case *btf.Typedef:
		return 8
	case *btf.Func:
		return 12
	case *btf.Var:
		return 14
	case *btf.Datasec:
		return 15
	case *btf.Float:
		return 16
	}
	return 0
}
