package linux

import (
	"math/bits"
	"sync"
)

// Kernels is a set of measured kernels; bit i stands for Targets()[i].
type Kernels uint8

// The measured kernels, and all from one on.
const (
	In5_10 Kernels = 1 << iota
	In6_1
	In6_12
	In6_18
	In7_2

	numKernels = 5
	InAll      = 1<<numKernels - 1
	From6_1    = InAll &^ In5_10
	From6_12   = From6_1 &^ In6_1
	From6_18   = From6_12 &^ In6_12
)

// index returns the place of the newest measured kernel that is not newer than
// v; kernels before 5.10 count as 5.10.
func (v Version) index() int {
	i := 0
	for k, t := range Targets() {
		if v.AtLeast(t) {
			i = k
		}
	}
	return i
}

// In reports whether the set holds the measured kernel that stands for v.
func (s Kernels) In(v Version) bool { return s>>v.index()&1 != 0 }

// Oldest returns the oldest kernel of the set.
func (s Kernels) Oldest() Version { return Targets()[bits.TrailingZeros8(uint8(s))] }

// Kernel is the view of all tables for one kernel: arrays indexed by the
// numbers that programs use. It is immutable and shared.
type Kernel struct {
	Version Version // of the measured kernel

	helpers  []*Helper // by ID, the common variant; nil where there is none
	variants []*Helper // the others
	hooks    []*Hook
	mapFits  [NumHelpers]uint64 // map types, a bit each
}

var views [numKernels]struct {
	once sync.Once
	k    Kernel
}

// For returns the tables of the newest measured kernel that is not newer than v.
func For(v Version) *Kernel {
	i := v.index()
	view := &views[i]
	view.once.Do(func() {
		view.k.Version = Targets()[i]
		view.k.index(1 << i)
	})
	return &view.k
}

func (k *Kernel) index(self Kernels) {
	k.helpers = make([]*Helper, NumHelpers)
	for i := range helpers {
		h := &helpers[i]
		switch {
		case h.Kernels&self == 0:
		case h.Variant == Common:
			k.helpers[h.ID] = h
		default:
			k.variants = append(k.variants, h)
		}
	}
	for i := range k.mapFits {
		k.mapFits[i] = plainMapTypes
	}
	for _, c := range mapCalls {
		if c.kernels&self != 0 {
			k.mapFits[c.helper] = c.types
		}
	}
	for i := range hooks {
		if hooks[i].Kernels&self != 0 {
			k.hooks = append(k.hooks, &hooks[i])
		}
	}
}

// Helper returns the common prototype of a helper, nil when the kernel has no
// such helper. Hook.Helper is what a call from a program meets.
func (k *Kernel) Helper(id uint32) *Helper {
	if id >= uint32(len(k.helpers)) {
		return nil
	}
	return k.helpers[id]
}

// HelperName spells a helper as the verifier's messages do: "unknown" for an
// ID that the kernel does not have.
func (k *Kernel) HelperName(id uint32) string {
	if id < uint32(len(helperNames)) && id <= k.lastHelper() {
		return helperNames[id]
	}
	return "unknown"
}

func (k *Kernel) lastHelper() uint32 { return lastHelpers[k.Version.index()] }
