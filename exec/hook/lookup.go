package hook

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// Offsets in struct bpf_sk_lookup.
const (
	lookupFamily     = 8
	lookupProto      = 12
	lookupRemote4    = 16
	lookupRemote6    = 20
	lookupRemotePort = 36
	lookupLocal4     = 40
	lookupLocal6     = 44
	lookupPort       = 60
	lookupIfindex    = 64
	lookupLen        = 72
)

var skLookupLayout = layout{
	name: "bpf_sk_lookup", size: lookupLen, buffer: true,
	pointers: []pointer{{0, 8, toNull}},
	load:     loadLookup,
	check: func(in *Input) error {
		switch {
		case len(in.Data) > 0:
			return invalid("this program type takes no packet")
		case len(in.Ctx) == 0:
			return invalid("this program type needs a context, struct bpf_sk_lookup")
		}
		return nil
	},
	enter: func(r *record, in *Input) error {
		u := func(off int) uint32 { return binary.LittleEndian.Uint32(r.raw[off:]) }
		switch {
		case binary.LittleEndian.Uint64(r.raw) != 0 || u(lookupIfindex) != 0 || u(lookupIfindex+4) != 0:
			return invalid("invalid context: the socket and the device cannot be given")
		case u(lookupPort) > 0xffff:
			return Refuse(errno.ERANGE, "invalid context: local_port is more than 65535")
		case u(lookupFamily)&0xffff != familyIPv4 && u(lookupFamily)&0xffff != familyIPv6:
			return Refuse(errno.EAFNOSUPPORT, "invalid context: the family is neither AF_INET nor AF_INET6")
		}
		return nil
	},
}

// loadLookup reads fields of sk_lookup programs. Addresses of the other family
// are 0; the family and the protocol have 16 bits in the kernel, so that a load
// of 16 bits gives all of them wherever in the field it is.
func loadLookup(r *record, off uint32, size int) (uint64, bool) {
	family := binary.LittleEndian.Uint16(r.raw[lookupFamily:])
	switch {
	case off >= lookupRemote4 && off < lookupRemote6, off >= lookupLocal4 && off < lookupLocal6:
		return 0, family != familyIPv4
	case off >= lookupRemote6 && off < lookupRemotePort, off >= lookupLocal6 && off < lookupPort:
		return 0, family != familyIPv6
	case off >= lookupFamily && off < lookupRemote4 && size == 2:
		return mem.Get(r.raw[off&^3:][:size]), true
	}
	return 0, false
}
