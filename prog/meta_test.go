package prog

import (
	"debug/elf"
	"reflect"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"
)

// An extern that package load marks is read back.
func TestWithExtern(t *testing.T) {
	want := &Extern{Kind: ExternKsym, Name: "bpf_prog_active", Weak: true}
	ins := WithExtern(asm.LoadImm(asm.R1, 0, asm.DWord), want)
	require.Same(t, want, externOf(&ins))

	plain := asm.Return().WithSymbol("f")
	require.Nil(t, externOf(&plain))
}

// Values shaped like those that cilium/ebpf keeps, which it does not export.
type (
	likeKfunc struct {
		Binding elf.SymBind
		Func    *ebpf.MapSpec
	}
	likeKconfig struct {
		Map    *ebpf.MapSpec
		Offset uint32
	}
)

// The reading of cilium/ebpf's metadata depends on names that it does not
// promise. This holds them against its types as far as they can be reached; the
// test over the corpus of package load holds the rest.
func TestExternMetadata(t *testing.T) {
	require.Equal(t, "head", metadataHead.Name)
	elem := metadataHead.Type.Elem()
	for _, field := range []string{"next", "key", "value"} {
		_, ok := elem.FieldByName(field)
		require.True(t, ok, field)
	}
	require.True(t, isWeak(reflect.ValueOf(likeKfunc{Binding: elf.STB_WEAK})))
	require.False(t, isWeak(reflect.ValueOf(likeKfunc{Binding: elf.STB_GLOBAL})))
	m := &ebpf.MapSpec{}
	require.Same(t, m, (*ebpf.MapSpec)(reflect.ValueOf(likeKconfig{Map: m}).FieldByName("Map").UnsafePointer()))
}
