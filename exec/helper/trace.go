package helper

import (
	"math"

	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Call is the call of a kernel function that a program observes.
type Call struct {
	IP     uint64 // of the function; 0 when the program observes none
	Cookie uint64 // of the attachment
	Args   int    // that the context holds
	Exit   bool   // the context ends with the function's result
	// Overridden says that the program set the result in Value, so that the
	// function's body is not run.
	Overridden bool
	Value      uint64
}

func funcIP(c *vm.CPU) (uint64, error) { return EnvOf(c).Call.IP, nil }

func attachCookie(c *vm.CPU) (uint64, error) { return EnvOf(c).Call.Cookie, nil }

func funcArgCount(c *vm.CPU) (uint64, error) { return uint64(EnvOf(c).Call.Args), nil }

func funcArg(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	if n >= uint64(EnvOf(c).Call.Args) {
		return ret(errno.EINVAL)
	}
	return loadArg(c, n, 3)
}

func funcRet(c *vm.CPU) (uint64, error) {
	if !EnvOf(c).Call.Exit {
		return ret(errno.EOPNOTSUPP)
	}
	return loadArg(c, uint64(EnvOf(c).Call.Args), 2)
}

// loadArg copies a word of the context to where a register points.
func loadArg(c *vm.CPU, n uint64, to int) (uint64, error) {
	v, err := c.Mem.Load(c.R[1]+8*n, 8)
	if err != nil {
		return 0, err
	}
	b, err := Buffer(c, to, 8)
	if err != nil {
		return 0, err
	}
	mem.Put(b, v)
	return 0, nil
}

// overrideReturn sets the result of the probed function, whose body is then
// skipped.
func overrideReturn(c *vm.CPU) (uint64, error) {
	call := &EnvOf(c).Call
	if call.IP == 0 {
		return 0, fmt.Errorf("there is no probed function whose result could be set")
	}
	call.Overridden, call.Value = true, c.R[2]
	return 0, nil
}

// getRetval and setRetval are the error that a cgroup program's hook returns.
func getRetval(c *vm.CPU) (uint64, error) { return uint64(int64(EnvOf(c).Retval)), nil }

func setRetval(c *vm.CPU) (uint64, error) {
	EnvOf(c).Retval = int32(c.R[1])
	return 0, nil
}

// maxSeq bounds what an iterator prints in one run.
const maxSeq = 1 << 20

// seqPrintf prints to the file that an iterator is read through.
func seqPrintf(c *vm.CPU) (uint64, error) {
	format, err := Bytes(c, 2, uint64(uint32(c.R[3])))
	if err != nil {
		return 0, err
	}
	args, e, err := argsOf(c, 4, uint64(uint32(c.R[5])))
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	text, e := sprintf(c, format, args, math.MaxInt)
	if e != errno.OK {
		return ret(e)
	}
	return seqAppend(c, []byte(text))
}

func seqWrite(c *vm.CPU) (uint64, error) {
	b, err := Bytes(c, 2, uint64(uint32(c.R[3])))
	if err != nil {
		return 0, err
	}
	return seqAppend(c, b)
}

func seqAppend(c *vm.CPU, b []byte) (uint64, error) {
	e := EnvOf(c)
	if len(e.Seq)+len(b) > maxSeq {
		return ret(errno.EOVERFLOW)
	}
	e.Seq = append(e.Seq, b...)
	return 0, nil
}
