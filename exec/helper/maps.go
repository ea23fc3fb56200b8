package helper

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

func mapLookup(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 2, uint64(m.Spec().KeySize))
	if err != nil {
		return 0, err
	}
	if refs, ok := m.(*maps.Refs); ok {
		if e, ok := refs.Object(key).(Entry); ok {
			return e.Addr, nil
		}
		return 0, nil
	}
	return m.Lookup(c.ID, key), nil
}

func mapLookupPerCPU(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 2, uint64(m.Spec().KeySize))
	if err != nil {
		return 0, err
	}
	if cpu := uint32(c.R[3]); int(cpu) < EnvOf(c).Maps.CPUs {
		return m.Lookup(int(cpu), key), nil
	}
	return 0, nil
}

func mapUpdate(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 2, uint64(m.Spec().KeySize))
	if err != nil {
		return 0, err
	}
	value, err := Bytes(c, 3, uint64(m.Spec().ValueSize))
	if err != nil {
		return 0, err
	}
	return ret(m.Update(c.ID, key, value, c.R[4]))
}

func mapDelete(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 2, uint64(m.Spec().KeySize))
	if err != nil {
		return 0, err
	}
	return ret(m.Delete(key))
}

// stackArg returns the map without keys that R1 points to.
func stackArg(c *vm.CPU) (maps.Stack, uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return nil, 0, err
	}
	s, ok := m.(maps.Stack)
	if !ok {
		return nil, 0, fmt.Errorf("map %s has keys", m.Spec().Name)
	}
	return s, uint64(m.Spec().ValueSize), nil
}

func mapPush(c *vm.CPU) (uint64, error) {
	s, size, err := stackArg(c)
	if err != nil {
		return 0, err
	}
	value, err := Bytes(c, 2, size)
	if err != nil {
		return 0, err
	}
	return ret(s.Push(value, c.R[3]))
}

func mapPop(c *vm.CPU) (uint64, error)  { return mapTake(c, maps.Stack.Pop) }
func mapPeek(c *vm.CPU) (uint64, error) { return mapTake(c, maps.Stack.Peek) }

// mapTake fills the value in R2 from a map without keys.
func mapTake(c *vm.CPU, take func(maps.Stack, []byte) errno.Errno) (uint64, error) {
	s, size, err := stackArg(c)
	if err != nil {
		return 0, err
	}
	value, err := Buffer(c, 2, size)
	if err != nil {
		return 0, err
	}
	return ret(take(s, value))
}

// maxLoops is how many iterations bpf_loop does at most.
const maxLoops = 8 << 20

// loop calls a function with a counter and a context until it returns 1. Where
// the flags are 0 the kernel has instructions of its own for it, whose E2BIG has
// 32 bits.
func loop(c *vm.CPU) (uint64, error) {
	n, fn, ctx, flags := uint64(uint32(c.R[1])), c.R[2], c.R[3], c.R[4]
	switch {
	case flags != 0:
		return errno.EINVAL.Ret(), nil
	case n > maxLoops:
		return uint64(uint32(errno.E2BIG.Ret())), nil
	}
	for i := range n {
		r, err := c.Call(fn, i, ctx)
		if err != nil {
			return 0, err
		}
		if r != 0 {
			return i + 1, nil
		}
	}
	return n, nil
}

// forEach calls a function with each element of a map until it returns 1.
func forEach(c *vm.CPU) (uint64, error) {
	addr, fn, ctx, flags := c.R[1], c.R[2], c.R[3], c.R[4]
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	if flags != 0 {
		return errno.EINVAL.Ret(), nil
	}
	shown, at, takeBack := EnvOf(c).giveKey(c, int(m.Spec().KeySize))
	defer takeBack()
	count := uint64(0)
	maps.Visit(m, c.ID, func(key []byte, value uint64) bool {
		copy(shown, key)
		count++
		var r uint64
		r, err = c.Call(fn, addr, at, value, ctx)
		return err == nil && r == 0
	})
	return count, err
}

// redirectMap sends the packet where a map's entry points. Without an entry it
// returns the lowest bits of the flags.
func redirectMap(c *vm.CPU) (uint64, error) {
	const action, broadcast, excludeIngress = 3, 1 << 3, 1 << 4
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	flags, known := c.R[3], uint64(action)
	if t := m.Spec().Type; t == ebpf.DevMap || t == ebpf.DevMapHash {
		known |= broadcast | excludeIngress
	}
	if flags&^known != 0 {
		return xdpAborted, nil
	}
	key := binary.LittleEndian.AppendUint32(nil, uint32(c.R[2]))
	if _, e := m.Get(key); e != errno.OK && flags&broadcast == 0 {
		return flags & action, nil
	}
	EnvOf(c).Redirect = Redirect{Map: m.Spec().Name, Key: key, Flags: flags}
	return xdpRedirect, nil
}

func spinLock(c *vm.CPU) (uint64, error) {
	return 0, EnvOf(c).Maps.lock(c.R[1], c.ID)
}

func spinUnlock(c *vm.CPU) (uint64, error) {
	return 0, EnvOf(c).Maps.Unlock(c.R[1])
}
