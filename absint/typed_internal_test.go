package absint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrust(t *testing.T) {
	for name, c := range map[string]struct {
		v    value
		want bool
	}{
		"plain":     {typedPointer(typeRef{id: 1}, 0), false},
		"trusted":   {typedPointer(typeRef{id: 1}, flagTrusted), true},
		"own":       {typedPointer(typeRef{id: 1}, flagAlloc), true},
		"or null":   {typedPointer(typeRef{id: 1}, flagTrusted|flagMaybeNull), false},
		"rcu":       {typedPointer(typeRef{id: 1}, flagRCU), false},
		"untrusted": {typedPointer(typeRef{id: 1}, flagUntrusted), false},
		"held":      {value{kind: kindBTF, ref: 7}, true},
		"socket":    {pointer(kindSocket), true},
		"number":    {unknown(), false},
	} {
		require.Equal(t, c.want, c.v.isTrusted(), name)
	}
}

func TestTypesAreComparedInStates(t *testing.T) {
	a, b := typedPointer(typeRef{id: 1}, 0), typedPointer(typeRef{id: 1, types: ofProgram}, 0)
	require.True(t, a.sameTarget(&a))
	require.False(t, a.sameTarget(&b))
	b = typedPointer(typeRef{id: 2}, 0)
	require.False(t, a.sameTarget(&b))
}
