package vm

// save notes what the caller of a new frame's function goes on with: its
// registers, one by one since they may just have been written, and where.
func (f *frame) save(c *CPU, ret int) {
	f.ret = ret
	f.saved = [4]uint64{c.R[6], c.R[7], c.R[8], c.R[9]}
}

// restore gives the caller its registers back.
func (f *frame) restore(c *CPU) {
	c.R[6], c.R[7], c.R[8], c.R[9] = f.saved[0], f.saved[1], f.saved[2], f.saved[3]
}

// enter opens a frame for a call from the instruction before ret. The caller
// checks the depth.
func (c *CPU) enter(code *Code, ret int) {
	f := &c.frames[c.depth+1]
	f.code = code
	f.save(c, ret)
	c.use(c.depth + 1)
}

// leave closes the frame and returns where its caller goes on. That is in other
// code when there was a tail call in between.
func (c *CPU) leave() (*Code, int) {
	f := &c.frames[c.depth]
	f.restore(c)
	c.use(c.depth - 1)
	c.code = f.code
	return f.code, f.ret
}

// use makes the frame at a depth that of the running function.
func (c *CPU) use(depth int) {
	c.depth = depth
	c.top = uint64(depth) * StackSize
	c.R[10] = framePointer(depth)
}

// tailCall runs the tail call helper; nil without an error means that the program
// goes on. jump is one more than the index of a direct jump, 0 for none. The new
// code keeps the frame.
func (c *CPU) tailCall(code *Code, jump uint64) (next *Code, err error) {
	if jump > 0 {
		next = code.jumps[jump-1].Load()
	} else {
		next, err = code.tail(c)
	}
	if next == nil || err != nil || c.tailCalls >= MaxTailCalls {
		return nil, err
	}
	c.tailCalls++
	c.code = next
	return next, nil
}
