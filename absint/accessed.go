package absint

// pointee is the kind of a pointer with its qualifiers.
type pointee struct {
	kind  kind
	flags flags
}

func (v *value) pointee() pointee { return pointee{v.kind, v.flags} }

// sameKindAsBefore refuses an instruction that reaches kinds of memory which
// the kernel would have to translate in different ways. A plain load may meet
// pointers of more and less trust; it then counts as one of the least.
func (m *machine) sameKindAsBefore(k pointee, load bool) bool {
	before := &m.accessed[m.here()]
	switch {
	case before.kind == kindNone:
		*before = k
	case *before == k, !k.kind.translated() && !before.kind.translated():
	case load && m.mergeable(k) && m.mergeable(*before):
		before.flags = (before.flags | k.flags) & (flagUntrusted | flagReadOnly)
		if k.kind == kindMem {
			before.kind = kindMem
		}
	default:
		m.fail("EINVAL", "same insn cannot be used with different pointers")
		return false
	}
	return true
}

func (m *machine) mergeable(p pointee) bool {
	return p.kind == kindBTF && m.rules.mergeTrust || p.kind == kindMem && m.rules.untrustedMem
}

// translated reports whether the kernel rewrites accesses through k.
func (k kind) translated() bool {
	return k == kindCtx || k.isSocket() || k == kindBTF || k == kindArena
}
