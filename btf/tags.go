package btf

// Tags are the type tags of a pointer that matter to the verifier.
type Tags uint8

// Tags of pointers.
const (
	TagUser   Tags = 1 << iota // __user
	TagPercpu                  // __percpu
	TagRCU                     // __rcu
	TagMany                    // more than one of them
)

var tagNames = map[string]Tags{"user": TagUser, "percpu": TagPercpu, "rcu": TagRCU}

// Pointee follows a pointer. It returns what is behind the qualifiers of the
// target and the tags of the pointer. TagMany comes with several, as soon as the
// tags that stand in front are not all the same.
func (t *Types) Pointee(ptr ID) (ID, Tags) {
	r := t.raw(ptr)
	if r.kind() != KindPointer {
		return 0, 0
	}
	id, tags, leading := ID(r.sizeOrType()), Tags(0), true
	for range maxDepth {
		r = t.raw(id)
		k := r.kind()
		if !k.isModifier() {
			return id, tags
		}
		if k == KindTypeTag && leading {
			tag := tagNames[r.name()]
			if tag != 0 && tags != 0 {
				tag = TagMany
			}
			tags |= tag
		}
		leading = leading && k == KindTypeTag
		id = ID(r.sizeOrType())
	}
	return 0, 0
}
