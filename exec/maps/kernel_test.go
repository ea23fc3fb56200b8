package maps_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
)

// script is a sequence of operations on one map, as user space does them.
type script struct {
	spec   maps.Spec
	prefix bool // keys begin with the length of a prefix
	order  bool // the order of keys is defined
}

var scripts = []script{
	{spec: maps.Spec{Name: "array", Type: ebpf.Array, KeySize: 4, ValueSize: 12, MaxEntries: 6}, order: true},
	{spec: maps.Spec{Name: "hash4", Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: 5, Flags: maps.FlagZeroSeed}, order: true},
	{spec: maps.Spec{Name: "hash7", Type: ebpf.Hash, KeySize: 7, ValueSize: 5, MaxEntries: 6, Flags: maps.FlagZeroSeed | maps.FlagNoPrealloc}, order: true},
	{spec: maps.Spec{Name: "hash16", Type: ebpf.Hash, KeySize: 16, ValueSize: 64, MaxEntries: 6, Flags: maps.FlagZeroSeed}, order: true},
	{spec: maps.Spec{Name: "hash21", Type: ebpf.Hash, KeySize: 21, ValueSize: 64, MaxEntries: 7, Flags: maps.FlagZeroSeed}, order: true},
	{spec: maps.Spec{Name: "seeded", Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 7}},
	{spec: maps.Spec{Name: "lpm", Type: ebpf.LPMTrie, KeySize: 8, ValueSize: 4, MaxEntries: 6, Flags: maps.FlagNoPrealloc}, prefix: true, order: true},
	{spec: maps.Spec{Name: "queue", Type: ebpf.Queue, ValueSize: 8, MaxEntries: 4}},
	{spec: maps.Spec{Name: "stack", Type: ebpf.Stack, ValueSize: 8, MaxEntries: 4}},
}

// target is a map that a script can run on; results are text.
type target interface {
	do(op int, key, value []byte, flags uint64) string
}

// run performs n random operations and returns a line for each.
func (s *script) run(t target, n int) []string {
	r := rand.New(rand.NewPCG(1, uint64(len(s.spec.Name))))
	var lines []string
	for range n {
		op, key, value := r.IntN(5), s.key(r), make([]byte, s.spec.ValueSize)
		if len(value) > 0 {
			value[0], value[len(value)-1] = byte(r.Uint32()), byte(r.Uint32())
		}
		flags := uint64(max(r.IntN(7)-2, 0))
		lines = append(lines, fmt.Sprintf("%s(%x, %x, %d) = %s", opNames[op], key, value, flags, t.do(op, key, value, flags)))
	}
	return lines
}

func (s *script) key(r *rand.Rand) []byte {
	key := make([]byte, s.spec.KeySize)
	if len(key) == 0 {
		return key
	}
	key[0] = byte(r.IntN(9))
	if s.prefix {
		key[0] = byte(r.IntN(34))
		binary.LittleEndian.PutUint32(key[4:], r.Uint32()&0x80c00080)
	}
	return key
}

var opNames = []string{"get", "put", "delete", "next", "put"}

const (
	opGet = iota
	opPut
	opDelete
	opNext
)

// here is a map of this package.
type here struct {
	m     maps.Map
	order bool
}

func (h here) do(op int, key, value []byte, flags uint64) string {
	switch op {
	case opGet:
		v, e := h.m.Get(key)
		return fmt.Sprintf("%x %v", v, e)
	case opDelete:
		return h.m.Delete(key).Error()
	case opNext:
		if !h.order {
			return ""
		}
		v, e := h.m.Next(key)
		return fmt.Sprintf("%x %v", v, e)
	}
	return h.m.Put(key, value, flags).Error()
}

// kernel is a map of the running kernel.
type kernel struct {
	m     *ebpf.Map
	order bool
}

func (k kernel) do(op int, key, value []byte, flags uint64) string {
	var arg any = key
	if len(key) == 0 {
		arg = nil
	}
	switch op {
	case opGet:
		out := make([]byte, len(value))
		if err := k.m.Lookup(arg, &out); err != nil {
			return " " + symbol(err)
		}
		return fmt.Sprintf("%x OK", out)
	case opDelete:
		if arg == nil {
			return errno.EINVAL.Error() // the library does not pass on a key of no bytes
		}
		return symbol(k.m.Delete(arg))
	case opNext:
		if !k.order {
			return ""
		}
		out := make([]byte, len(key))
		if err := k.m.NextKey(arg, &out); err != nil {
			return " " + symbol(err)
		}
		return fmt.Sprintf("%x OK", out)
	}
	return symbol(k.m.Update(arg, value, ebpf.MapUpdateFlags(flags)))
}

func symbol(err error) string {
	var e unix.Errno
	switch {
	case err == nil:
		return errno.OK.Error()
	case errors.As(err, &e):
		return unix.ErrnoName(e)
	case errors.Is(err, ebpf.ErrKeyNotExist):
		return errno.ENOENT.Error()
	case errors.Is(err, ebpf.ErrKeyExist):
		return errno.EEXIST.Error()
	}
	return err.Error()
}

// TestScripts compares random operations with the running kernel's, and with
// the digest of what a kernel answered where none may be asked.
func TestScripts(t *testing.T) {
	const recorded = "testdata/scripts.txt"
	text, err := os.ReadFile(recorded)
	require.NoError(t, err)
	for _, s := range scripts {
		t.Run(s.spec.Name, func(t *testing.T) {
			m, err := maps.New(s.spec, maps.Options{Space: mem.NewSpace(), CPUs: 1, Seed: 42})
			require.NoError(t, err)
			got := s.run(here{m, s.order}, 3000)
			sum := fnv.New64a()
			sum.Write([]byte(strings.Join(got, "\n")))
			line := fmt.Sprintf("%s %x\n", s.spec.Name, sum.Sum64())
			if k := liveMap(t, s.spec); k != nil {
				want := s.run(kernel{k, s.order}, 3000)
				for i := range want {
					require.Equal(t, want[i], got[i], "operation %d", i)
				}
				t.Logf("agrees with the kernel: %s", line)
			}
			require.Contains(t, string(text), line, "not what a kernel was seen to answer")
		})
	}
}

func liveMap(t *testing.T, s maps.Spec) *ebpf.Map {
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{
		Type: s.Type, KeySize: s.KeySize, ValueSize: s.ValueSize, MaxEntries: s.MaxEntries, Flags: s.Flags,
	})
	if err != nil {
		t.Logf("no kernel to ask: %v", err)
		return nil
	}
	t.Cleanup(func() { m.Close() })
	return m
}
