package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSince(t *testing.T) {
	for _, tt := range []struct {
		of     func(uint32) (Version, bool)
		number uint32
		want   Version
	}{
		{ProgramTypeSince, 6, Version{4, 8}},   // XDP
		{ProgramTypeSince, 32, Version{6, 4}},  // netfilter
		{MapTypeSince, 2, Version{3, 19}},      // array
		{MapTypeSince, 27, Version{5, 8}},      // ringbuf
		{MapTypeSince, 33, Version{6, 9}},      // arena
		{HelperSince, 1, Version{3, 18}},       // map_lookup_elem
		{HelperSince, 113, Version{5, 5}},      // probe_read_kernel
		{HelperSince, 211, Version{6, 2}},      // cgrp_storage_delete
		{HelperSince, 0, Version{}},            // unspec
		{HelperSince, NumHelpers, Version{}},   // beyond the last
		{ProgramTypeSince, 1000, Version{}},    // beyond the last
		{MapTypeSince, numMapTypes, Version{}}, // beyond the last
	} {
		got, ok := tt.of(tt.number)
		require.Equal(t, tt.want, got, "%d", tt.number)
		require.Equal(t, tt.want != Version{}, ok)
	}
}

// What was read from the memory of real kernels says the same.
func TestHelperSinceAgreesWithKernels(t *testing.T) {
	for id := uint32(1); id < NumHelpers; id++ {
		since, ok := HelperSince(id)
		require.True(t, ok)
		for _, v := range Targets() {
			if For(v).Helper(id) != nil {
				require.True(t, v.AtLeast(since), "helper %d is in %s", id, v)
			}
		}
	}
}
