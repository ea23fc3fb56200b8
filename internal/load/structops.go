package load

import (
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// link is BPF_F_LINK.
const link = 1 << 13

// readStructOps makes a map of each variable in the sections for struct_ops.
// Which program fills which member is known from the relocations.
func (o *object) readStructOps() error {
	for _, s := range o.sections {
		if s.kind != structOps {
			continue
		}
		ds := o.datasec(s.Name)
		if ds == nil {
			return s.errorf(0, "there are no types for the variables")
		}
		for _, vsi := range ds.Vars {
			v, ok := vsi.Type.(*btf.Var)
			if !ok {
				continue
			}
			def, ok := btf.UnderlyingType(v.Type).(*btf.Struct)
			end := uint64(vsi.Offset) + uint64(vsi.Size)
			if !ok || end > uint64(len(s.bytes)) {
				return s.errorf(uint64(vsi.Offset), "variable %s of type %s does not fit", v.Name, v.Type)
			}
			spec := &ebpf.MapSpec{
				Name: mapName(v.Name), Type: ebpf.StructOpsMap, KeySize: 4, ValueSize: def.Size, MaxEntries: 1,
				Key: &btf.Int{Size: 4}, Value: def,
				Contents: []ebpf.MapKV{{Key: uint32(0), Value: s.bytes[vsi.Offset:end]}},
			}
			if strings.HasSuffix(s.Name, ".link") {
				spec.Flags = link
			}
			o.spec.Maps[v.Name] = spec
			o.attachMembers(s, vsi, def)
		}
	}
	return nil
}

// attachMembers notes what the programs that a variable points to are for.
func (o *object) attachMembers(s *section, vsi btf.VarSecinfo, def *btf.Struct) {
	// A suffix after three underscores tells versions of a type apart.
	name, _, _ := strings.Cut(def.Name, "___")
	for _, member := range def.Members {
		if r := s.reloc(uint64(vsi.Offset) + uint64(member.Offset.Bytes())); r != nil {
			o.members[r.sym.Name] = name + ":" + member.Name
		}
	}
}
