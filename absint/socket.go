package absint

// sockField is a run of fields of a socket as programs see it.
type sockField struct {
	off, end int32
	size     int32 // of an access
	narrow   bool  // a part of a field may be read, from its start
}

// The fields of struct bpf_sock, of what is common to all sockets, of struct
// bpf_tcp_sock and of struct bpf_xdp_sock. Accesses are aligned to their size.
var (
	sockFields = []sockField{
		{0, 4, 4, false}, {4, 16, 4, true}, {16, 24, 4, false}, {24, 28, 4, true}, {28, 44, 4, true},
		{44, 48, 4, true}, {48, 50, 2, true}, {48, 52, 4, false}, {52, 56, 4, true}, {56, 72, 4, true}, {72, 80, 4, true},
	}
	sockCommonFields = []sockField{
		{0, 4, 4, false}, {4, 8, 4, true}, {24, 28, 4, true}, {28, 44, 4, true},
		{44, 48, 4, true}, {48, 50, 2, true}, {48, 52, 4, false}, {52, 56, 4, true}, {56, 72, 4, true}, {72, 80, 4, true},
	}
	tcpSockFields = []sockField{{0, 80, 4, false}, {80, 96, 8, false}, {96, 112, 4, false}}
	xdpSockFields = []sockField{{0, 4, 4, false}}
)

var socketFields = [kindCount][]sockField{
	kindSocket: sockFields, kindSockCommon: sockCommonFields, kindTCPSock: tcpSockFields, kindXDPSock: xdpSockFields,
}

// addresses are the fields of struct bpf_sock that are read in parts at any
// offset, not only from their start.
var addresses = [...][2]int32{{24, 28}, {28, 44}, {52, 56}, {56, 72}, {48, 50}}

func (f *sockField) allows(off, size int32) bool {
	if off < f.off || off+size > f.end {
		return false
	}
	if size == f.size {
		return true
	}
	if !f.narrow || size > f.size {
		return false
	}
	for _, a := range addresses {
		if off >= a[0] && off < a[1] {
			return true
		}
	}
	return off%f.size == 0
}

// accessSocket reads a field of a socket.
func (m *machine) accessSocket(a *access, p *value) bool {
	if a.write {
		m.fail("EACCES", "R%d cannot write into %s", a.reg, p.name())
		return false
	}
	if p.num.SMin < 0 {
		m.fail("EACCES", "R%d min value is negative, either use unsigned index or do a if (index >=0) check.", a.reg)
		return false
	}
	off := a.off + p.off
	if off >= 0 && off%a.size == 0 {
		for i := range socketFields[p.kind] {
			if socketFields[p.kind][i].allows(off, a.size) {
				m.loadUnknown(a)
				return true
			}
		}
	}
	m.fail("EACCES", "R%d invalid %s access off=%d size=%d", a.reg, p.name(), off, a.size)
	return false
}
