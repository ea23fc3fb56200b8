package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/internal/linux"
)

// liveKernel returns the tables of the running kernel, and skips the test
// where there are none or where programs may not be loaded.
func liveKernel(t *testing.T) (*linux.Kernel, *loader) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip("not on Linux: ", err)
	}
	v, err := linux.ParseVersion(strings.TrimSpace(string(release)))
	if err != nil {
		t.Skip(err)
	}
	k := linux.For(v)
	if k.Version != v {
		t.Skipf("Linux %v is not one of the measured kernels", v)
	}
	l := newLoader()
	if errno, _ := l.load(hook{typ: 6}.program(movImm(0, 0), exit())); errno != 0 {
		t.Skipf("BPF_PROG_LOAD is not permitted here: %v", errno)
	}
	return k, l
}

// untyped calls f for every hook that needs no BTF.
func untyped(f func(h hook)) {
	for typ, attaches := range plain {
		for _, a := range attaches {
			f(hook{typ: uint32(typ), attach: a})
			f(hook{typ: uint32(typ), attach: a, sleepable: true})
		}
	}
}

// Lockdown and the configuration decide about these helpers.
const (
	writeUser      = 36
	overrideReturn = 58
	kprobe         = 2
)

func TestHooksOfLiveKernel(t *testing.T) {
	k, l := liveKernel(t)
	untyped(func(h hook) {
		row := k.Hook(h.typ, h.attach, h.sleepable, linux.AnyTarget)
		require.Equal(t, h.loads(l), row != nil, h.String())
		if row == nil {
			return
		}
		for id := uint32(1); id < linux.NumHelpers; id++ {
			if id == writeUser || id == overrideReturn {
				continue
			}
			_, log := l.load(h.program(call(int32(id)), movImm(0, 0), exit()))
			require.Equal(t, !refused(log), row.MayCall(id, linux.CapAll), "%v: helper %d", h, id)
		}
		for _, ret := range []int32{-1, 0, 1, 2, 3, 4} {
			errno, _ := l.load(h.program(movImm(0, ret), exit()))
			fits := !row.Ret.Checked || ret >= row.Ret.Min && ret <= row.Ret.Max
			require.Equal(t, errno == 0, fits, "%v returns %d", h, ret)
		}
	})
}

func TestContextsOfLiveKernel(t *testing.T) {
	k, l := liveKernel(t)
	untyped(func(h hook) {
		row := k.Hook(h.typ, h.attach, h.sleepable, linux.AnyTarget)
		if row == nil || h.typ != 3 && testing.Short() {
			return
		}
		c := row.Context()
		require.NotNil(t, c, h.String())
		ret := max(row.Ret.Min, 0)
		for _, size := range []int{1, 2, 4, 8} {
			for off := 0; off < contextEnd; off += size {
				use, _ := c.Access(int64(off), uint8(size))
				errno, _ := l.load(h.program(load(size, 0, 1, off), movImm(0, ret), exit()))
				require.Equal(t, errno == 0, use&linux.ContextRead != 0, "%v: load of %d at %d", h, size, off)
				if h.typ == kprobe {
					continue // writable since 6.18 where the kernel has uprobes
				}
				errno, _ = l.load(h.program(movImm(0, ret), storeReg(size, 1, 0, off), exit()))
				require.Equal(t, errno == 0, use&linux.ContextWrite != 0, "%v: store of %d at %d", h, size, off)
			}
		}
	})
}

func TestMapTypesOfLiveKernel(t *testing.T) {
	k, _ := liveKernel(t)
	v, err := loadValueTypes()
	require.NoError(t, err)
	inner, errno := createMap(mapSpec{typ: 2, key: 4, value: 4, entries: 1})
	require.Zero(t, errno)
	defer unix.Close(inner)
	for typ := uint32(1); typ < numMapTypes; typ++ {
		m := usualMap(typ, v, uint32(inner))
		row := k.MapType(typ)
		require.Equal(t, tryMap(m) == 0, row != nil, "map type %d", typ)
		if row == nil {
			continue
		}
		require.True(t, row.Key.Has(m.key), "%d", typ)
		for bit := uint32(0); bit < 20; bit++ {
			other := m
			other.flags |= 1 << bit
			require.Equal(t, tryMap(other) == 0, row.Flags>>bit&1 != 0, "map type %d, flag %d", typ, bit)
		}
	}
}
