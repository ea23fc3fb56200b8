package load_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/prog"
)

func parse(tb testing.TB, name string) *ebpf.CollectionSpec {
	image, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	spec, err := load.Parse(image)
	require.NoError(tb, err)
	return spec
}

func link(tb testing.TB, spec *ebpf.CollectionSpec, name string) *prog.Program {
	p, err := prog.Link(spec, name, target(linux.V6_18))
	require.NoError(tb, err)
	return p
}

// An object is the same program whatever its byte order: the slots, the maps
// and the notes do not differ.
func TestByteOrders(t *testing.T) {
	for _, name := range []string{"minimal", "modern", "iproute2", "samples", "text", "untyped", "structops"} {
		t.Run(name, func(t *testing.T) {
			little, big := parse(t, name+"-el.o"), parse(t, name+"-eb.o")
			require.NotEmpty(t, little.Programs)
			require.ElementsMatch(t, slices.Collect(maps.Keys(little.Programs)), slices.Collect(maps.Keys(big.Programs)))
			for name := range little.Programs {
				a, b := link(t, little, name), link(t, big, name)
				require.Equal(t, a.Insns, b.Insns, name)
				require.Equal(t, a.Notes, b.Notes, name)
				require.Len(t, b.Maps, len(a.Maps), name)
				for i := range a.Maps {
					require.Equal(t, a.Maps[i].Spec.String(), b.Maps[i].Spec.String(), name)
				}
			}
		})
	}
}

func TestModern(t *testing.T) {
	spec := parse(t, "modern-el.o")
	p := link(t, spec, "next")
	require.Equal(t, ebpf.SchedCLS, p.Type)
	require.True(t, p.ExtInfo)
	require.NotEmpty(t, p.Lines)
	var funcs []string
	for _, f := range p.Funcs {
		funcs = append(funcs, f.Name)
		require.NotNil(t, f.Type)
	}
	require.Equal(t, []string{"next", "global", "twice"}, funcs)

	byName := make(map[string]*prog.Map)
	for _, m := range p.Maps {
		byName[m.Name] = m
	}
	require.Equal(t, []byte{7, 0, 0, 0}, byName[".rodata"].Data)
	require.True(t, byName[".rodata"].Frozen)
	require.Equal(t, []byte{3, 0, 0, 0, 0, 0, 0, 0}, byName[".data"].Data)
	require.False(t, byName[".data"].Frozen)
	require.Equal(t, make([]byte, 8), byName[".bss"].Data)
	require.Equal(t, []ebpf.MapKV{{Key: uint32(3), Value: "next"}}, byName["jumps"].Spec.Contents)
	require.Equal(t, []ebpf.MapKV{{Key: uint32(1), Value: "in"}}, byName["outer"].Spec.Contents)
	require.Equal(t, ebpf.Array, byName["outer"].Inner.Spec.Type)

	// A user's value of a variable reaches the map, and only there.
	require.NoError(t, spec.Variables["limit"].Set(uint32(9)))
	for _, m := range link(t, spec, "next").Maps {
		if m.Name == ".rodata" {
			require.Equal(t, []byte{9, 0, 0, 0}, m.Data)
		}
	}
	require.Equal(t, []byte{7, 0, 0, 0}, byName[".rodata"].Data)
}

func TestExterns(t *testing.T) {
	p := link(t, parse(t, "modern-el.o"), "externs")
	var kinds []prog.NoteKind
	for _, note := range p.Notes {
		kinds = append(kinds, note.Kind)
	}
	require.Equal(t, []prog.NoteKind{prog.NoteMissingFunc, prog.NoteMissingFunc, prog.NoteUnresolved, prog.NoteMissingFunc}, kinds)
	require.Len(t, p.Maps, 1)
	require.True(t, p.Maps[0].Frozen)
	// CONFIG_HZ=250, CONFIG_MISSING=0, LINUX_KERNEL_VERSION=6.18.0 in the order
	// of their names.
	require.Contains(t, string(p.Maps[0].Data), "\xfa\x00\x00\x00")
	require.Contains(t, string(p.Maps[0].Data), "\x00\x12\x06\x00")

	bare := *target(linux.V6_18)
	bare.Config = nil
	_, err := prog.Link(parse(t, "modern-el.o"), "externs", &bare)
	require.ErrorContains(t, err, "the value of CONFIG_HZ in kernel 6.18 is not known")
	bare.KernelTypes = nil
	_, err = prog.Link(parse(t, "modern-el.o"), "relocated", &bare)
	require.ErrorContains(t, err, "CO-RE needs the BTF of kernel 6.18")
}

// A relocation without a match poisons its instruction and keeps the function.
func TestPoison(t *testing.T) {
	p := link(t, parse(t, "modern-el.o"), "relocated")
	require.Len(t, p.Notes, 1)
	note := p.Notes[0]
	require.Equal(t, prog.NotePoisoned, note.Kind)
	require.Equal(t, int32(0xbad2310), p.Insns[note.Insn].Imm)
	require.Len(t, p.Funcs, 2)
}

func TestIproute2(t *testing.T) {
	spec := parse(t, "iproute2-el.o")
	require.Nil(t, spec.Types)
	require.Equal(t, []ebpf.MapKV{{Key: uint32(1), Value: "tail"}, {Key: uint32(5), Value: "tail5"}}, spec.Maps["calls"].Contents)
	require.Equal(t, ebpf.Array, spec.Maps["outer"].InnerMap.Type)
	require.Equal(t, uint32(3), spec.Maps["outer"].InnerMap.MaxEntries)
	require.Equal(t, ebpf.SchedCLS, spec.Programs["cls"].Type)
	require.Equal(t, ebpf.SchedACT, spec.Programs["act"].Type)
	require.Equal(t, ebpf.SchedCLS, link(t, spec, "tail").Type)
}

func TestSamples(t *testing.T) {
	spec := parse(t, "samples-el.o")
	require.Equal(t, ebpf.Hash, spec.Maps["b_outer"].InnerMap.Type)
	require.Equal(t, uint32(1), spec.Maps["c_trie"].Flags)
	p := link(t, spec, "filter")
	require.Equal(t, ebpf.SocketFilter, p.Type)
	require.Len(t, p.Funcs, 2)
}

func TestText(t *testing.T) {
	spec := parse(t, "text-el.o")
	require.Len(t, spec.Programs, 2)
	require.Len(t, link(t, spec, "first").Funcs, 2)
	require.Len(t, link(t, spec, "second").Funcs, 1)
}

func TestStructOps(t *testing.T) {
	spec := parse(t, "structops-el.o")
	require.Equal(t, "tcp_congestion_ops:ssthresh", spec.Programs["threshold"].AttachTo)
	require.Equal(t, "tcp_congestion_ops:init", spec.Programs["start"].AttachTo)
	require.Equal(t, uint32(1<<4), spec.Programs["start"].Flags)
	require.Equal(t, ebpf.StructOpsMap, spec.Maps["table"].Type)
	p := link(t, spec, "start")
	require.Len(t, p.Maps, 1)
	require.Equal(t, "arena", p.Maps[0].Name)
}

// Programs of one collection may be linked at the same time; run with -race.
func TestConcurrent(t *testing.T) {
	spec := parse(t, "modern-el.o")
	for range 4 {
		for name := range spec.Programs {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := link(t, spec, name)
				types, funcs, lines, err := p.MarshalBTF()
				require.NoError(t, err)
				require.NotEmpty(t, types)
				require.Len(t, funcs, 8*len(p.Funcs))
				require.Len(t, lines, 16*len(p.Lines))
			})
		}
	}
}

// Every broken image has one error that names the place.
func TestBroken(t *testing.T) {
	image, err := os.ReadFile("testdata/modern-el.o")
	require.NoError(t, err)
	change := func(at int, bytes ...byte) []byte {
		b := slices.Clone(image)
		copy(b[at:], bytes)
		return b
	}
	btfAt := strings.Index(string(image), "\x9f\xeb\x01\x00\x18\x00\x00\x00")
	require.Positive(t, btfAt)
	for name, c := range map[string]struct {
		image []byte
		want  string
	}{
		"empty":           {nil, "no 64-bit ELF file in these 0 bytes"},
		"machine":         {change(18, 62, 0), "machine is EM_X86_64, not EM_BPF"},
		"executable":      {change(16, 2, 0), "not a relocatable 64-bit file"},
		"section table":   {change(40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), "section headers at 0x7fffffffffffffff"},
		"truncated":       {image[:len(image)-300], "reach behind the end of the file"},
		"BTF magic":       {change(btfAt, 0), "section .BTF, offset 0x0: magic number is 0xeb00"},
		"BTF types":       {change(btfAt+12, 0xff, 0xff, 0xff), "section .BTF, offset 0x8: types reach"},
		"BTF strings":     {change(btfAt+20, 0xff, 0xff, 0xff), "section .BTF, offset 0x10: strings reach"},
		"BTF kind":        {change(btfAt+24+7, 31), "section .BTF, offset 0x18: type 1 has unknown kind 31"},
		"BTF vlen":        {change(btfAt+24+4, 0xff, 0xff, 0, 4), "section .BTF, offset 0x18: type 1 of kind 4 with 65535 elements is cut off"},
		"BTF name offset": {change(btfAt+24, 0xff, 0xff, 0xff, 0x7f), "section .BTF or .BTF.ext"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load.Parse(c.image)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Cutting an object short anywhere, or inverting any byte, gives an object or
// an error.
func TestDamaged(t *testing.T) {
	tgt := smallTarget(t)
	for _, name := range []string{"modern-el.o", "iproute2-eb.o", "structops-el.o"} {
		image, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		step := 2
		if testing.Short() {
			step = 53
		}
		for i := 0; i < len(image); i += step {
			check(t, tgt, image[:i])
			damaged := slices.Clone(image)
			damaged[i] ^= 0xff
			check(t, tgt, damaged)
		}
	}
}

// smallTarget is a kernel with the few types of the object modern, which are
// decoded faster than those of a real one.
func smallTarget(tb testing.TB) *prog.Target {
	types := parse(tb, "modern-el.o").Types
	return &prog.Target{Kernel: linux.V6_18, KernelTypes: func() (*btf.Spec, error) { return types, nil }}
}

// check loads and links whatever it is given.
func check(tb testing.TB, tgt *prog.Target, image []byte) {
	spec, err := load.Parse(image)
	if err != nil {
		require.Nil(tb, spec)
		require.NotContains(tb, err.Error(), "broken object", "a library panics")
		return
	}
	for name := range spec.Programs {
		p, err := prog.Link(spec, name, tgt)
		if err != nil {
			continue
		}
		require.NotEmpty(tb, p.Insns)
		require.Zero(tb, p.Funcs[0].Start)
		if _, _, _, err := p.MarshalBTF(); err != nil {
			require.ErrorContains(tb, err, "BTF of ")
		}
	}
}
