package helper

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
)

const maxOffset = 0xffff // what a packet's bytes are reached with

// skbLoad copies from the packet; when it is too short the buffer is zeroed.
func skbLoad(c *vm.CPU) (uint64, error) {
	off, n := uint64(uint32(c.R[2])), uint64(uint32(c.R[4]))
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	dst, err := Buffer(c, 3, n)
	if err != nil {
		return 0, err
	}
	src := p.At(off, n)
	if off > 1<<31-1 || src == nil || p.Bare {
		clear(dst)
		return errno.EFAULT.Ret(), nil
	}
	copy(dst, src)
	return 0, nil
}

// skbLoadRelative copies from the Ethernet header (0) or the network header (1).
func skbLoadRelative(c *vm.CPU) (uint64, error) {
	off, n, header := uint64(uint32(c.R[2])), uint64(uint32(c.R[4])), uint32(c.R[5])
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	dst, err := Buffer(c, 3, n)
	if err != nil {
		return 0, err
	}
	if header <= 1 && off <= maxOffset {
		if src := p.From(int(header), off, n); src != nil {
			copy(dst, src)
			return 0, nil
		}
	}
	clear(dst)
	return errno.EFAULT.Ret(), nil
}

// storeFlags are the known flags of bpf_skb_store_bytes: recompute the
// checksum, invalidate the hash.
const storeFlags = 1 | 2

func skbStore(c *vm.CPU) (uint64, error) {
	off, n, flags := uint64(uint32(c.R[2])), uint64(uint32(c.R[4])), c.R[5]
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	src, err := Bytes(c, 3, n)
	if err != nil {
		return 0, err
	}
	dst := p.At(off, n)
	switch {
	case flags&^storeFlags != 0:
		return errno.EINVAL.Ret(), nil
	case off > 1<<31-1 || dst == nil:
		return errno.EFAULT.Ret(), nil
	}
	copy(dst, src)
	invalidate(c, flags)
	return 0, nil
}

// invalidate forgets the flow's hash when the flags say so.
func invalidate(c *vm.CPU, flags uint64) {
	const invalidateHash = 2
	if s, ok := EnvOf(c).Hook.(*hook.SKB); ok && flags&invalidateHash != 0 {
		s.SetHash(0)
	}
}

// Verdicts of programs.
const (
	xdpAborted  = 0
	xdpRedirect = 4
	tcShot      = 2
	tcRedirect  = 7
)

// redirect remembers the device and returns the verdict of the program type.
func redirect(c *vm.CPU) (uint64, error) {
	EnvOf(c).Redirect = Redirect{Ifindex: uint32(c.R[1]), Flags: c.R[2]}
	if EnvOf(c).XDP {
		if c.R[2] != 0 {
			return xdpAborted, nil
		}
		return xdpRedirect, nil
	}
	const ingress = 1
	if c.R[2]&^ingress != 0 {
		return tcShot, nil
	}
	return tcRedirect, nil
}

func xdpAdjustHead(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	return ret(p.AdjustHead(int(int32(c.R[2]))))
}

func xdpAdjustTail(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	return ret(p.AdjustTail(int(int32(c.R[2]))))
}

func xdpAdjustMeta(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	return ret(p.AdjustMeta(int(int32(c.R[2]))))
}

func xdpLen(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	return uint64(p.Len()), nil
}

func xdpLoad(c *vm.CPU) (uint64, error) {
	return xdpCopy(c, Buffer, func(packet, buf []byte) { copy(buf, packet) })
}

func xdpStore(c *vm.CPU) (uint64, error) {
	return xdpCopy(c, Bytes, func(packet, buf []byte) { copy(packet, buf) })
}

// xdpCopy copies between the packet and the memory in R3.
func xdpCopy(c *vm.CPU, arg func(*vm.CPU, int, uint64) ([]byte, error), do func(packet, buf []byte)) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	off, n := uint64(uint32(c.R[2])), uint64(uint32(c.R[4]))
	buf, err := arg(c, 3, n)
	if err != nil {
		return 0, err
	}
	packet := p.At(off, n)
	if packet == nil {
		return outside(off, n), nil
	}
	do(packet, buf)
	return 0, nil
}

// outside tells an offset that no packet has from one beyond this packet.
func outside(off, n uint64) uint64 {
	if off > maxOffset || n > maxOffset {
		return errno.EFAULT.Ret()
	}
	return errno.EINVAL.Ret()
}

// put16 and get16 are the checksum fields, in network order.
func get16(b []byte) uint16    { return binary.LittleEndian.Uint16(b) }
func put16(b []byte, v uint16) { binary.LittleEndian.PutUint16(b, v) }
