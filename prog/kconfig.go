package prog

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
)

const kconfigName = ".kconfig"

// resolveConfig makes a load of a configuration value a load from the virtual
// map that holds them all.
func (l *linker) resolveConfig(ins *asm.Instruction, ext *Extern) error {
	ds, ok := ext.Config.Value.(*btf.Datasec)
	if !ok {
		return fmt.Errorf("%s has no types", kconfigName)
	}
	if name := variableAt(ds, ext.Offset); !ext.Weak {
		if _, ok := l.configValue(name); !ok {
			return fmt.Errorf("the value of %s in kernel %s is not known", name, l.target.Kernel)
		}
	}
	spec := ext.Config
	if _, ok := l.maps[kconfigName]; !ok {
		data, err := l.configData(ds)
		if err != nil {
			return err
		}
		filled := *spec
		filled.Contents = []ebpf.MapKV{{Key: uint32(0), Value: data}}
		spec = &filled
	}
	ins.Constant = int64(uint64(ext.Offset) << 32)
	return l.useMap(ins, kconfigName, spec)
}

func variableAt(ds *btf.Datasec, offset uint32) string {
	for _, v := range ds.Vars {
		if v.Offset == offset {
			return v.Type.TypeName()
		}
	}
	return ""
}

// configData returns the values of all variables; unknown ones are zero.
func (l *linker) configData(ds *btf.Datasec) ([]byte, error) {
	if ds.Size > maxConfig {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that make sense", kconfigName, ds.Size, maxConfig)
	}
	data := make([]byte, ds.Size)
	for _, vsi := range ds.Vars {
		v, ok := vsi.Type.(*btf.Var)
		if !ok || uint64(vsi.Offset)+uint64(vsi.Size) > uint64(len(data)) {
			return nil, fmt.Errorf("%s: %s lies outside of the section", kconfigName, vsi.Type.TypeName())
		}
		value, ok := l.configValue(v.Name)
		if !ok {
			continue
		}
		if err := putConfig(data[vsi.Offset:vsi.Offset+vsi.Size], l.order, v.Type, value); err != nil {
			return nil, fmt.Errorf("%s = %s: %w", v.Name, value, err)
		}
	}
	return data, nil
}

// maxConfig bounds the section of configuration values, in bytes.
const maxConfig = 1 << 20

// configValue returns the value of a variable in section .kconfig: an option of
// the kernel or one of three that loaders define (libbpf, Virtual __kconfig).
func (l *linker) configValue(name string) (string, bool) {
	kernel := l.target.Kernel
	switch name {
	case "LINUX_KERNEL_VERSION":
		return strconv.Itoa(int(kernel.Major)<<16 | int(kernel.Minor)<<8), true
	case "LINUX_HAS_SYSCALL_WRAPPER":
		return boolConfig(kernel.AtLeast(linux.Version{Major: 4, Minor: 17})), true
	case "LINUX_HAS_BPF_COOKIE":
		return boolConfig(kernel.AtLeast(linux.Version{Major: 5, Minor: 15})), true
	}
	return l.target.Option(name)
}

func boolConfig(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// tristate has the values of libbpf's enum libbpf_tristate.
var tristate = map[string]uint64{"n": 0, "y": 1, "m": 2}

// putConfig encodes a value for a variable of some type.
func putConfig(data []byte, order binary.ByteOrder, typ btf.Type, value string) error {
	switch typ := btf.UnderlyingType(typ).(type) {
	case *btf.Array:
		text, ok := strings.CutPrefix(value, `"`)
		if !ok {
			return fmt.Errorf("want a string in quotes")
		}
		if n := copy(data, strings.TrimSuffix(text, `"`)); n == len(data) && n > 0 {
			data[n-1] = 0
		}
		return nil
	case *btf.Int, *btf.Enum:
		number, ok := tristate[value]
		if !ok {
			signed, err := strconv.ParseInt(value, 0, 64)
			if err != nil {
				unsigned, err := strconv.ParseUint(value, 0, 64)
				if err != nil {
					return fmt.Errorf("not a number")
				}
				signed = int64(unsigned)
			}
			number = uint64(signed)
		}
		return putNumber(data, order, number)
	default:
		return fmt.Errorf("a variable of type %s cannot hold it", typ)
	}
}

func putNumber(data []byte, order binary.ByteOrder, n uint64) error {
	switch len(data) {
	case 1:
		data[0] = byte(n)
	case 2:
		order.PutUint16(data, uint16(n))
	case 4:
		order.PutUint32(data, uint32(n))
	case 8:
		order.PutUint64(data, n)
	default:
		return fmt.Errorf("no number has %d bytes", len(data))
	}
	return nil
}
