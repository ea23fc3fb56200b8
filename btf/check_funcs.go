package btf

import "fmt"

// funcText says what is wrong with a FUNC, "" if nothing is: its parameters
// need names.
func (c *checker) funcText(t *record) string {
	proto, _ := c.record(t.val)
	if c.kind(&proto) != KindFuncProto {
		return "Invalid type_id"
	}
	for i := range c.vlen(&proto) {
		if p := c.param(&proto, i); p.name == 0 && p.typ != 0 {
			return fmt.Sprintf("Invalid arg#%d", i+1)
		}
	}
	return ""
}

// checkProto checks the result and the parameters of a FUNC_PROTO.
func (c *checker) checkProto(t *record) *Refusal {
	if t.val != 0 {
		if ok, r := c.checkPassed(t.val); r != nil || !ok {
			return c.refuseOr(r, t, "Invalid return type", 0)
		}
	}
	n := c.vlen(t)
	if n == 0 {
		return nil
	}
	if last := c.param(t, n-1); last.typ == 0 {
		if last.name != 0 {
			return c.refuseOr(nil, t, "Invalid arg#%d", n)
		}
		n--
	}
	for i := range n {
		p := c.param(t, i)
		if p.name != 0 && !c.identifier(p.name) {
			return c.refuseOr(nil, t, "Invalid arg#%d", i+1)
		}
		if ok, r := c.checkPassed(p.typ); r != nil || !ok {
			return c.refuseOr(r, t, "Invalid arg#%d", i+1)
		}
	}
	return nil
}

// refuseOr returns the refusal of another type, or makes one of this type.
func (c *checker) refuseOr(r *Refusal, t *record, format string, i uint32) *Refusal {
	if r != nil {
		return r
	}
	if i > 0 {
		format = fmt.Sprintf(format, i)
	}
	return c.refuse(t, format)
}

// checkPassed resolves a type that a function takes or returns: ok means that
// it has a size.
func (c *checker) checkPassed(id uint32) (ok bool, r *Refusal) {
	t, exists := c.record(id)
	k := c.kind(&t)
	if !exists || roots.has(k) {
		return false, nil
	}
	if r := c.resolveOnce(&t, k); r != nil {
		return false, r
	}
	_, _, ok = c.sizeOf(id)
	return ok, nil
}
