package linux

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Release is a kernel of a stable series. Stable releases take over fixes, and
// some of them change verdicts: 6.18.15 and 6.18.44 do not accept the same
// programs.
type Release struct {
	Version
	Patch uint16 // 0 stands for the newest that is known
}

// recorded are the releases whose verdicts are recorded for the targets.
var recorded = map[Version]uint16{V5_10: 223, V6_1: 199, V6_12: 107, V6_18: 15, V7_2: 11}

// Recorded returns the release of a series whose verdicts are recorded; it is
// what is meant when a target is named without a patch level.
func (v Version) Recorded() Release { return Release{v, recorded[v]} }

// Newest returns the series with all the fixes that are known.
func (v Version) Newest() Release { return Release{v, 0} }

// ParseRelease reads "6.18", which means the recorded release, or "6.18.44".
// What follows the patch level is ignored.
func ParseRelease(s string) (Release, error) {
	v, err := ParseVersion(s)
	if err != nil {
		return Release{}, err
	}
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 3 {
		return v.Recorded(), nil
	}
	digits := parts[2]
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	patch, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return Release{}, fmt.Errorf("kernel version %q: want MAJOR.MINOR.PATCH, such as 6.18.44", s)
	}
	return Release{v, uint16(patch)}, nil
}

// String returns the release as "6.18.44", or as "6.18" when it is the one that
// this name stands for.
func (r Release) String() string {
	if r.Patch == 0 || r == r.Version.Recorded() {
		return r.Version.String()
	}
	return fmt.Sprintf("%s.%d", r.Version, r.Patch)
}

// Compare returns -1, 0 or 1 as r came before o, is o, or came after it.
func (r Release) Compare(o Release) int {
	return cmp.Or(cmp.Compare(r.Major, o.Major), cmp.Compare(r.Minor, o.Minor), cmp.Compare(r.Patch, o.Patch))
}

// backport is a feature that releases of a series have from a patch level on,
// whatever later series do.
type backport struct {
	Feature Feature
	Version Version
	Patch   uint16 // the first that was seen with it
}

// Differences between the recorded 6.18.15 and 6.18.44, each seen in verdicts of
// both.
var backports = []backport{
	{FuncAborts, V6_18, 44},
	{ScalarSwapBits, V6_18, 44},
	{MachineLinkAlu32, V6_18, 44},
	{MachineLinksCut, V6_18, 44},
	{MachineLinkBases, V6_18, 44},
	{KfuncThrowNamed, V6_18, 44},
	{ArrayCallers, V6_18, 44},
	{MachineNullBuffers, V6_18, 44},
	{ScalarSignBitFork, V6_18, 44},
	{MachineInnerSizes, V6_18, 44},
}

// fixes are features that releases of a series took over from a later one, from
// a patch level on.
var fixes = []backport{
	{TypedWholeAdd, V6_12, 107}, // the first that was seen with it
	{MachineArenaOperands, V6_12, 117},
	{TypedAtomicKinds, V6_12, 117},
	{MachineArenaOperands, V6_18, 44},
	{MachineLinksCut, V6_12, 107},
	{MachineLinkBases, V6_12, 107},
	{KfuncTrustedOwn, V6_12, 107},
	{KfuncCountsOwned, V6_12, 107},
	{KfuncOuterTrees, V6_12, 107},
	{KfuncUntrustedReads, V6_12, 107}, // seen with 6.12.117
	{KfuncUntrustedReads, V6_18, 44},
}

// Has reports whether the release has the feature.
func (r Release) Has(f Feature) bool {
	if !r.Version.Has(f) {
		return slices.ContainsFunc(fixes, func(b backport) bool {
			return b.Feature == f && b.Version == r.Version && (r.Patch == 0 || r.Patch >= b.Patch)
		})
	}
	for i := range backports {
		if b := &backports[i]; b.Feature == f && b.Version == r.Version {
			return r.Patch == 0 || r.Patch >= b.Patch
		}
	}
	return true
}
