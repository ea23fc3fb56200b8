package helper

import (
	"encoding/binary"
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

// Stack is the stack of the current task, as addresses from the innermost on.
type Stack struct{ Kernel, User []uint64 }

// Flags of the helpers that walk the stack.
const (
	stackSkip    = 0xff
	stackUser    = 1 << 8
	stackBuildID = 1 << 11
)

// frames returns the stack that the flags ask for, without those to skip;
// false when there are fewer.
func frames(c *vm.CPU, flags uint64) ([]uint64, bool) {
	s := EnvOf(c).Stack.Kernel
	if flags&stackUser != 0 {
		s = EnvOf(c).Stack.User
	}
	skip := int(flags & stackSkip)
	if len(s) < skip {
		return nil, false
	}
	return s[skip:], true
}

// stackID keeps the stack in a map and returns its number.
func stackID(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 2)
	if err != nil {
		return 0, err
	}
	stacks, ok := m.(*maps.Stacks)
	if !ok {
		return 0, fmt.Errorf("map %s is no stack trace map", m.Spec().Name)
	}
	flags := c.R[3]
	if flags&^(stackSkip|stackUser|maps.StackFastCompare|maps.StackReuse) != 0 {
		return ret(errno.EINVAL)
	}
	s, ok := frames(c, flags)
	if !ok || len(s) == 0 {
		return ret(errno.EFAULT)
	}
	id, e := stacks.Add(s, flags)
	if e != errno.OK {
		return ret(e)
	}
	return uint64(id), nil
}

// getStack copies the stack and returns how many bytes it has.
func getStack(c *vm.CPU) (uint64, error) {
	n, flags := uint64(uint32(c.R[3])), c.R[4]
	dst, err := Buffer(c, 2, n)
	if err != nil {
		return 0, err
	}
	clear(dst)
	if flags&^(stackSkip|stackUser|stackBuildID) != 0 || flags&stackBuildID != 0 && flags&stackUser == 0 || n%8 != 0 {
		return ret(errno.EINVAL)
	}
	if flags&stackBuildID != 0 {
		return 0, fmt.Errorf("unsupported: stacks of build IDs")
	}
	s, ok := frames(c, flags)
	if !ok {
		return ret(errno.EFAULT)
	}
	s = s[:min(len(s), len(dst)/8)]
	for i, a := range s {
		binary.LittleEndian.PutUint64(dst[8*i:], a)
	}
	return uint64(8 * len(s)), nil
}
