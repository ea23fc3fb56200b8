package btf

import (
	"slices"

	"github.com/bpflint/bpflint/internal/linux"
)

// checkOwners wants what lists and trees contain to be checked structs that do
// not own each other in circles.
func (s *specials) checkOwners() *Refusal {
	for i := range s.layouts {
		for _, f := range s.layouts[i].fields {
			if f.kind&anyRoot == 0 {
				continue
			}
			value := s.layoutOf(f.typ)
			if value < 0 {
				return silent(efault, "a list or tree contains a struct without a node")
			}
			circle := s.layouts[i].kinds&anyNode != 0 && s.layouts[value].kinds&anyRoot != 0
			if circle && !s.has(linux.BTFOwnershipDepth) {
				return silent(eloop, "structs own each other")
			}
		}
	}
	if !s.has(linux.BTFOwnershipDepth) {
		return nil
	}
	depths := make([]int, len(s.layouts))
	for i := range s.layouts {
		if _, ok := s.ownerDepth(i, maxOwnerDepth, depths); !ok {
			return silent(eloop, "structs own each other, or more than 8 deep")
		}
	}
	return nil
}

func (s *specials) layoutOf(id uint32) int {
	i, ok := slices.BinarySearchFunc(s.layouts, id, func(l layout, id uint32) int { return int(l.id) - int(id) })
	if !ok {
		return -1
	}
	return i
}

// ownerDepth is the length of the longest chain of owners from a struct on; not
// ok when it is longer than left.
func (s *specials) ownerDepth(i, left int, depths []int) (int, bool) {
	if left == 0 {
		return 0, false
	}
	if depths[i] == 0 {
		deepest := 0
		for _, f := range s.layouts[i].fields {
			owns := f.kind&anyRoot != 0 || f.mine && f.kind&(specialPointer|specialPerCPU) != 0
			value := s.layoutOf(f.typ)
			if !owns || value < 0 {
				continue
			}
			d, ok := s.ownerDepth(value, left-1, depths)
			if !ok {
				return 0, false
			}
			deepest = max(deepest, d)
		}
		depths[i] = deepest + 1
	}
	return depths[i], depths[i] <= left
}
