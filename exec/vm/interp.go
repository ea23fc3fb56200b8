package vm

// Interpreter is the engine that runs everywhere.
type Interpreter struct{}

// run alternates between hot, which runs what is frequent, and what it left:
// what is rare, or needs a call.
//
//go:norace
func (Interpreter) run(c *CPU, code *Code, pc int) error {
	var err error
	c.frames[c.depth].code = nil // this frame returns to our caller
	insts := code.insts
	c.code = code
	c.limit = c.left + pc
	r := &c.R
	for {
		pc = hot(c, insts, pc, c.Mem.Regions)
		in := &insts[pc]
		pc++
		switch in.op {
		case opAtomic:
			if err = c.atomic(in); err != nil {
				goto stop
			}
		case opCast:
			r[in.dst] = code.cast(r[in.src], in.imm != 0)
		case opMayGoto:
			if f := &c.frames[c.depth&(MaxFrames-1)]; f.mayGoto > 0 {
				f.mayGoto--
				continue
			}
			goto branch
		case opMayGotoInit:
			c.frames[c.depth&(MaxFrames-1)].mayGoto = MaxMayGoto
			c.limit++
		case opCallLocal:
			if c.depth+1 >= MaxFrames {
				err = ErrFrames
				goto stop
			}
			c.enter(code, pc)
			goto branch
		case opCallFunc:
			c.left = c.limit - pc
			if r[0], err = code.calls[in.imm](c); err != nil {
				goto stop
			}
			c.limit = c.left + pc
		case opTailCall:
			c.left = c.limit - pc
			next, stopped := c.tailCall(code, in.imm)
			if err = stopped; err != nil {
				goto stop
			}
			if next != nil {
				code, insts, pc, c.limit = next, next.insts, 0, c.left
			}
		case opLegacyLoad:
			v, ok := code.legacy(c, int64(r[in.src])+int64(in.imm), int(in.off))
			if r[0] = v; ok {
				continue
			}
			r[0] = 0
			fallthrough
		case opExit:
			c.left = c.limit - pc
			if c.frames[c.depth].code == nil {
				return nil
			}
			code, pc = c.leave()
			insts, c.limit = code.insts, c.left+pc
		case opProbe:
			c.limit++
			c.left = c.limit - pc
			code.probes[in.off](c, code.slot(pc-1))
		case opCounter, opResume: // the clock has changed; come again
			c.Meter.tick(c)
			pc--
			continue
		case opEnter:
			c.Meter.tick(c)
			c.limit++
			at := code.enters[in.off](c)
			at.enter = in.off
			c.Meter.enter(c.depth, at)
			c.Meter.count(in.imm)
		case opEnd:
			err = ErrEnd
			goto stop
		default:
			if err = c.slow(in); err != nil {
				goto stop
			}
		}
		continue

	branch:
		if pc > c.limit {
			err = ErrBudget
			goto stop
		}
		pc += int(in.off)
		c.limit += int(in.off)
	}
stop:
	c.left = c.limit - pc
	return c.fail(code, pc-1, err)
}
