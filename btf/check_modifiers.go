package btf

import "github.com/bpflint/bpflint/internal/linux"

// checkModifiers limits chains of modifiers, and wants type tags before all
// other modifiers where the kernel does.
func (c *checker) checkModifiers() *Refusal {
	if !c.has(linux.BTFTypeTag) {
		return nil
	}
	good := uint32(0) // chains that come here have been seen to
	for id := uint32(1); id < c.count(); id++ {
		t := c.decode(id, c.starts[id])
		k := c.kind(&t)
		if !modifiers.has(k) {
			continue
		}
		tags := k == KindTypeTag
		for left := maxResolve; modifiers.has(k); left-- {
			if left == 0 {
				return &Refusal{Errno: eloop, Message: "Max chain length or cycle detected"}
			}
			if k == KindTypeTag && !tags && !c.has(linux.BTFFreeTags) {
				return said("Type tags don't precede modifiers")
			}
			tags = tags && k == KindTypeTag
			if t.id <= good {
				break
			}
			t, _ = c.record(t.val)
			k = c.kind(&t)
		}
		good = id
	}
	return nil
}
