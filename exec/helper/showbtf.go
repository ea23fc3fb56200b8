package helper

import (
	"fmt"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// snprintfBTF writes an object of the kernel as text, cut to fit, and returns how
// long the whole text is, without its end.
func snprintfBTF(c *vm.CPU) (uint64, error) {
	dst, err := Buffer(c, 1, uint64(uint32(c.R[2])))
	if err != nil {
		return 0, err
	}
	text, e, err := showObject(c, c.R[3], c.R[4], c.R[5])
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	if len(dst) > 0 {
		dst[copy(dst[:len(dst)-1], text)] = 0
	}
	return uint64(len(text)), nil
}

// seqPrintfBTF prints it to the file that an iterator is read through.
func seqPrintfBTF(c *vm.CPU) (uint64, error) {
	text, e, err := showObject(c, c.R[2], c.R[3], c.R[4])
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	return seqAppend(c, []byte(text))
}

// showObject reads struct btf_ptr, an address with the number of its type, and
// shows what is there. The flags beside
// the number are not looked at.
func showObject(c *vm.CPU, at, size, flags uint64) (string, errno.Errno, error) {
	const ptrLen = 16
	if size&0xffff_ffff != ptrLen || flags&^showKnown != 0 {
		return "", errno.EINVAL, nil
	}
	p, err := c.Mem.Read(at, ptrLen)
	if err != nil {
		return "", 0, err
	}
	addr, id := mem.Get(p[:8]), uint32(mem.Get(p[8:12]))
	if id == 0 {
		return "", errno.EINVAL, nil
	}
	types, err := EnvOf(c).World.Types()
	if err != nil {
		return "", 0, fmt.Errorf("printing an object: %w", err)
	}
	t, err := types.TypeByID(btf.TypeID(id))
	if err != nil {
		return "", errno.ENOENT, nil
	}
	n, err := btf.Sizeof(t)
	if err != nil {
		return "", errno.EINVAL, nil
	}
	b, err := c.Mem.Read(addr, n)
	if err != nil {
		return "", badKernelAddress(c, addr), nil
	}
	return show(b, t, flags), errno.OK, nil
}
