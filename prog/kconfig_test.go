package prog

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
)

func TestPutConfig(t *testing.T) {
	boolean := &btf.Int{Name: "bool", Size: 1, Encoding: btf.Bool}
	word := &btf.Typedef{Name: "u32", Type: &btf.Int{Name: "int", Size: 4}}
	tri := &btf.Enum{Name: "libbpf_tristate", Size: 4}
	text := &btf.Array{Type: &btf.Int{Name: "char", Size: 1}, Nelems: 6}
	for _, c := range []struct {
		value string
		typ   btf.Type
		size  int
		want  []byte
	}{
		{"y", boolean, 1, []byte{1}},
		{"n", boolean, 1, []byte{0}},
		{"m", tri, 4, []byte{2, 0, 0, 0}},
		{"250", word, 4, []byte{250, 0, 0, 0}},
		{"0xdead000000000000", &btf.Int{Size: 8}, 8, []byte{0, 0, 0, 0, 0, 0, 0xad, 0xde}},
		{"-1", &btf.Int{Size: 2, Encoding: btf.Signed}, 2, []byte{0xff, 0xff}},
		{`"abc"`, text, 6, []byte("abc\x00\x00\x00")},
		{`"abcdefgh"`, text, 6, []byte("abcde\x00")},
		{`text`, text, 6, nil},
		{`"text"`, word, 4, nil},
		{"1", &btf.Struct{Name: "s"}, 4, nil},
		{"1", &btf.Int{Size: 16}, 16, nil},
	} {
		data := make([]byte, c.size)
		err := putConfig(data, binary.LittleEndian, c.typ, c.value)
		if c.want == nil {
			require.Error(t, err, "%s as %s", c.value, c.typ)
			continue
		}
		require.NoError(t, err, c.value)
		require.Equal(t, c.want, data, c.value)
	}
}

func TestConfigValue(t *testing.T) {
	l := &linker{target: &Target{Kernel: linux.V5_10}}
	for name, want := range map[string]string{
		"LINUX_KERNEL_VERSION":      "330240", // 5<<16 | 10<<8
		"LINUX_HAS_SYSCALL_WRAPPER": "1",
		"LINUX_HAS_BPF_COOKIE":      "0",
	} {
		value, ok := l.configValue(name)
		require.True(t, ok)
		require.Equal(t, want, value, name)
	}
	_, ok := l.configValue("CONFIG_HZ")
	require.False(t, ok)
}
