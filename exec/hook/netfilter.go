package hook

import (
	"bytes"
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/errno"
)

// struct nf_hook_state: the hook and the family, 1 byte each, then pointers.
const (
	nfHook    = 0
	nfFamily  = 1
	nfDevices = 8
	nfLen     = 48

	nfLocalOut = 3 // the hook of a packet that this host sends, without a link header
)

// netfilterLayout is struct bpf_nf_ctx, a pointer to struct nf_hook_state, which
// user space may give, and one to the packet, of which nothing is known here: what
// is read through it is 0.
var netfilterLayout = layout{
	name: "nf_hook_state", size: nfLen, given: nfLen,
	pointers: []pointer{{0, 8, toObject}, {8, 8, toNull}},
	check:    checkNetfilter,
	enter: func(r *record, in *Input) error {
		clear(r.object[:])
		r.object[nfHook], r.object[nfFamily] = nfLocalOut, familyIPv4
		if len(in.Ctx) == 0 {
			return nil
		}
		copy(r.object[:], r.raw)
		return checkHookState(r.object[:nfLen], in.Data)
	},
	leave: func(*record) (data, ctx []byte) { return nil, nil },
}

func checkNetfilter(in *Input) error {
	const ipv4Len = 20
	if len(in.Data) < ipv4Len {
		return invalid("a packet needs at least %d bytes, an IPv4 header", ipv4Len)
	}
	return checkLong(in)
}

// checkHookState refuses pointers, and packets that do not fit to the hook and the
// family.
func checkHookState(state, data []byte) error {
	family := state[nfFamily]
	switch {
	case len(bytes.Trim(state[nfDevices:], "\x00")) > 0:
		return invalid("invalid context: the pointers of struct nf_hook_state must be 0")
	case family != familyIPv4 && family != familyIPv6:
		return invalid("invalid context: the family of struct nf_hook_state is %d, want 2 (NFPROTO_IPV4) or 10 (NFPROTO_IPV6)", family)
	case state[nfHook] == nfLocalOut:
		return nil
	case len(data) < etherLen+networkLen(etherIPv4):
		return invalid("this hook needs a packet with an Ethernet and an IP header")
	}
	switch proto := binary.BigEndian.Uint16(data[12:]); {
	case proto != etherIPv4 && proto != etherIPv6:
		return Refuse(errno.EPROTO, "this hook needs an IPv4 or IPv6 packet")
	case (proto == etherIPv4) != (family == familyIPv4):
		return invalid("the packet is not of the family that struct nf_hook_state says")
	case len(data) < etherLen+networkLen(proto):
		return invalid("the packet ends in its network header, which needs %d bytes", networkLen(proto))
	}
	return nil
}
