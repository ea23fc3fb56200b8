package helper

import (
	"bytes"
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Offsets in struct bpf_sock_ops, and the operations in which a program works on
// the options of a TCP header.
const (
	sockOpsOp        = 0
	sockOpsFull      = 72
	sockOpsCallbacks = 84

	opHeaderLen   = 14 // BPF_SOCK_OPS_HDR_OPT_LEN_CB
	opHeaderWrite = 15 // BPF_SOCK_OPS_WRITE_HDR_OPT_CB
)

// sockOps returns the fields of the context of a sock_ops program and its data.
func sockOps(c *vm.CPU) (fields hook.Fields, err error) {
	f, ok := EnvOf(c).Hook.(hook.Fields)
	if !ok {
		return nil, fmt.Errorf("the program has no struct bpf_sock_ops")
	}
	return f, nil
}

// setCallbacks chooses when the program is called; the result are the bits that
// no kernel knows.
func setCallbacks(c *vm.CPU) (uint64, error) {
	const known = 0x7f
	f, err := sockOps(c)
	if err != nil {
		return 0, err
	}
	if f.Field(sockOpsFull) == 0 {
		return ret(errno.EINVAL)
	}
	flags := uint32(c.R[2])
	f.SetField(sockOpsCallbacks, flags&known)
	return uint64(flags &^ known), nil
}

// Kinds of TCP options, and lengths (RFC 9293, RFC 6994).
const (
	optionEnd    = 0
	optionNoOp   = 1
	optionShared = 254 // experimental, told apart by a magic number
	headerLen0   = 20
	headerOffset = 12
)

// headerOptions returns the options of a TCP header, nil when there is none.
func headerOptions(header []byte) []byte {
	if len(header) < headerLen0 {
		return nil
	}
	n := int(header[headerOffset]>>4) * 4
	if n < headerLen0 || n > len(header) {
		return nil
	}
	return header[headerLen0:n]
}

// findOption looks for an option whose first bytes are those wanted.
func findOption(list []byte, kind byte, magic []byte) []byte {
	for len(list) > 0 && list[0] != optionEnd {
		if list[0] == optionNoOp {
			list = list[1:]
			continue
		}
		if len(list) < 2 || int(list[1]) < 2 || int(list[1]) > len(list) {
			return nil
		}
		if o := list[:list[1]]; o[0] == kind && bytes.HasPrefix(o[2:], magic) {
			return o
		}
		list = list[list[1]:]
	}
	return nil
}

// wantedOption reads what a program looks for: a kind, and of a shared kind the
// magic number that follows.
func wantedOption(buf []byte) (kind byte, magic []byte, ok bool) {
	kind, n := buf[0], int(buf[1])
	switch {
	case kind == optionEnd || kind == optionNoOp:
		return 0, nil, false
	case kind == optionShared:
		if n != 4 && n != 6 || n > len(buf) {
			return 0, nil, false
		}
		return kind, bytes.Clone(buf[2:n]), true
	}
	return kind, nil, n == 0
}

// loadOption copies an option of the header that the program sees.
func loadOption(c *vm.CPU) (uint64, error) {
	const ofSyn = 1
	f, err := sockOps(c)
	if err != nil {
		return 0, err
	}
	buf, err := Buffer(c, 2, uint64(uint32(c.R[3])))
	if err != nil {
		return 0, err
	}
	if len(buf) < 2 || c.R[4]&^ofSyn != 0 {
		return ret(errno.EINVAL)
	}
	kind, magic, ok := wantedOption(buf)
	switch {
	case !ok:
		return ret(errno.EINVAL)
	case len(f.Bytes()) == 0 || c.R[4]&ofSyn != 0:
		return ret(errno.ENOENT) // no header was received, no SYN was saved
	}
	o := findOption(headerOptions(f.Bytes()), kind, magic)
	if o == nil {
		return ret(errno.ENOMSG)
	}
	if copy(buf, o) < len(o) {
		return ret(errno.ENOSPC)
	}
	return uint64(len(o)), nil
}

// reserveOption makes room in the header that is going to be written.
func reserveOption(c *vm.CPU) (uint64, error) {
	f, err := sockOps(c)
	e, n := EnvOf(c), uint32(c.R[2])
	switch {
	case err != nil:
		return 0, err
	case f.Field(sockOpsOp) != opHeaderLen:
		return ret(errno.EPERM)
	case c.R[3] != 0 || n < 2:
		return ret(errno.EINVAL)
	case int(n) > maxOptions-e.Options.Reserved:
		return ret(errno.ENOSPC)
	}
	e.Options.Reserved += int(n)
	return 0, nil
}

// Options are those of a TCP header that programs write.
type Options struct {
	Reserved int
	Written  []byte
}

// Next returns the options that a run begins with: only where options are written
// counts the room that a run before asked for.
func (o Options) Next(sockOps bool, ctx []byte) Options {
	if sockOps && len(ctx) > sockOpsOp && ctx[sockOpsOp] == opHeaderWrite {
		return Options{Reserved: o.Reserved}
	}
	return Options{}
}

// maxOptions is how many bytes of options a TCP header has at most.
const maxOptions = 40

// storeOption writes an option to the header; what was reserved before bounds
// it. Nothing else has options there.
func storeOption(c *vm.CPU) (uint64, error) {
	f, err := sockOps(c)
	if err != nil {
		return 0, err
	}
	from, err := Bytes(c, 2, uint64(uint32(c.R[3])))
	if err != nil {
		return 0, err
	}
	e := EnvOf(c)
	switch {
	case f.Field(sockOpsOp) != opHeaderWrite:
		return ret(errno.EPERM)
	case len(from) < 2 || c.R[4] != 0:
		return ret(errno.EINVAL)
	}
	kind, n := from[0], int(from[1])
	shared := kind == optionShared
	switch {
	case kind == optionEnd || kind == optionNoOp, n < 2 || n > len(from), shared && n < 4:
		return ret(errno.EINVAL)
	}
	var magic []byte
	if shared {
		magic = from[2:min(n, 6)]
	}
	switch {
	case findOption(e.Options.Written, kind, magic) != nil:
		return ret(errno.EEXIST)
	case n > e.Options.Reserved-len(e.Options.Written):
		return ret(errno.ENOSPC)
	}
	e.Options.Written = append(e.Options.Written, from[:n]...)
	return 0, nil
}

// updateSocketMap puts the socket of the context into a map of sockets. What the
// map holds is the socket's cookie.
func updateSocketMap(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 2)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 3, uint64(m.Spec().KeySize))
	if err != nil {
		return 0, err
	}
	value := make([]byte, m.Spec().ValueSize)
	mem.Put(value[:4], 1)
	return ret(m.Put(key, value, c.R[4]))
}
