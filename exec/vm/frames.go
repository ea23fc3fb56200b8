package vm

// enter opens a frame for a call from pc. The caller checks the depth.
func (c *CPU) enter(code *Code, pc int) {
	c.depth++
	f := &c.frames[c.depth&(MaxFrames-1)]
	f.code, f.ret = code, pc
	f.saved = [4]uint64(c.R[6:10])
	c.use(c.depth)
}

// leave closes the frame and returns where its caller goes on. A tail call may
// have changed the code in between.
func (c *CPU) leave() (*Code, int) {
	f := &c.frames[c.depth&(MaxFrames-1)]
	c.depth--
	copy(c.R[6:10], f.saved[:])
	c.use(c.depth)
	c.code = f.code
	return f.code, f.ret
}

// tailCall runs the tail call helper; nil without an error means that the program
// goes on. The new code keeps the frame.
func (c *CPU) tailCall(code *Code) (*Code, error) {
	next, err := code.tail(c)
	if next == nil || err != nil {
		return nil, err
	}
	if c.tailCalls >= MaxTailCalls {
		return nil, nil
	}
	c.tailCalls++
	c.code = next
	return next, nil
}
