package helper

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

// What programs do to messages that sockets send, and where they send them.

// Message is what a program said of the message that it saw.
type Message struct {
	Apply, Cork uint32 // bytes
}

func messageApply(c *vm.CPU) (uint64, error) {
	EnvOf(c).Message.Apply = uint32(c.R[2])
	return 0, nil
}

func messageCork(c *vm.CPU) (uint64, error) {
	EnvOf(c).Message.Cork = uint32(c.R[2])
	return 0, nil
}

// messagePull makes a part of the message the one that the program sees.
func messagePull(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	start, end := uint32(c.R[2]), uint32(c.R[3])
	if c.R[4] != 0 || end <= start || int64(end) > int64(p.Whole()) {
		return ret(errno.EINVAL)
	}
	p.Show(int(start), int(end))
	return 0, nil
}

// messagePush makes room, of zeros here, and shows all of the message.
func messagePush(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	start, n := uint32(c.R[2]), uint32(c.R[3])
	switch {
	case c.R[4] != 0 || int64(start) > int64(p.Whole()):
		return ret(errno.EINVAL)
	case n == 0:
		return 0, nil
	case n > maxSKB:
		return ret(errno.ENOMEM)
	}
	p.ShowAll()
	p.Insert(int(start), int(n))
	return 0, nil
}

// messagePop removes bytes, and shows all of the message.
func messagePop(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	start, n := uint32(c.R[2]), uint32(c.R[3])
	switch {
	case c.R[4] != 0:
		return ret(errno.EINVAL)
	case n == 0:
		return 0, nil
	case int64(start) >= int64(p.Whole()) || int64(start)+int64(n) > int64(p.Whole()):
		return ret(errno.EINVAL)
	}
	p.ShowAll()
	p.Remove(int(start), int(n))
	return 0, nil
}

// Verdicts of programs about messages and streams.
const (
	streamDrop = 0
	streamPass = 1
)

// redirectSocket sends the message or packet to a socket of a map, whose key is
// a number or at an address. Without a socket there it is dropped.
func redirectSocket(byNumber bool) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		const ingress = 1
		m, err := mapArg(c, 2)
		if err != nil {
			return 0, err
		}
		key := []byte{byte(c.R[3]), byte(c.R[3] >> 8), byte(c.R[3] >> 16), byte(c.R[3] >> 24)}
		if !byNumber {
			if key, err = Bytes(c, 3, uint64(m.Spec().KeySize)); err != nil {
				return 0, err
			}
		}
		if c.R[4]&^ingress != 0 || !hasSocket(m, key) {
			return streamDrop, nil
		}
		EnvOf(c).Redirect = Redirect{Map: m.Spec().Name, Key: append([]byte(nil), key...), Flags: c.R[4]}
		return streamPass, nil
	}
}

func hasSocket(m maps.Map, key []byte) bool {
	_, e := m.Get(key)
	return e == errno.OK
}

// selectReuseport chooses the socket of a group that gets a packet.
func selectReuseport(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 2)
	if err != nil {
		return 0, err
	}
	key, err := Bytes(c, 3, uint64(m.Spec().KeySize))
	switch {
	case err != nil:
		return 0, err
	case c.R[4] != 0:
		return ret(errno.EINVAL)
	case !hasSocket(m, key):
		return ret(errno.ENOENT)
	}
	EnvOf(c).Redirect = Redirect{Map: m.Spec().Name, Key: append([]byte(nil), key...)}
	return 0, nil
}
