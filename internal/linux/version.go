// Package linux holds facts about Linux as rows of data: versions, features,
// program types, map types, helpers, kfuncs, context layouts and limits, each
// with the kernel that brought it. It contains no logic of a verifier.
package linux

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a kernel release; patch levels do not matter here.
type Version struct{ Major, Minor uint16 }

// The kernels whose verdicts are recorded in testdata.
var (
	V5_10 = Version{5, 10}
	V6_1  = Version{6, 1}
	V6_12 = Version{6, 12}
	V6_18 = Version{6, 18}
	V7_2  = Version{7, 2}
)

// Targets lists the kernels that can be chosen as a target, oldest first.
func Targets() []Version { return []Version{V5_10, V6_1, V6_12, V6_18, V7_2} }

// DefaultTarget is the kernel that is meant when none is named.
func DefaultTarget() Version { return V6_18 }

// ParseVersion reads "6.18"; a leading "v" and a patch level are accepted.
func ParseVersion(s string) (Version, error) {
	parts := strings.SplitN(strings.TrimPrefix(s, "v"), ".", 3)
	if len(parts) < 2 {
		return Version{}, fmt.Errorf("kernel version %q: want MAJOR.MINOR, such as 6.18", s)
	}
	major, err1 := strconv.ParseUint(parts[0], 10, 16)
	minor, err2 := strconv.ParseUint(parts[1], 10, 16)
	if err1 != nil || err2 != nil {
		return Version{}, fmt.Errorf("kernel version %q: want MAJOR.MINOR, such as 6.18", s)
	}
	return Version{uint16(major), uint16(minor)}, nil
}

// String returns the version as "6.18".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Less reports whether v came before o.
func (v Version) Less(o Version) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

// AtLeast reports whether v is o or later.
func (v Version) AtLeast(o Version) bool { return !v.Less(o) }
