package vm

import (
	"math/bits"

	"github.com/bpflint/bpflint/exec/mem"
)

// Interpreter is the engine that runs everywhere.
type Interpreter struct{}

// run is the loop of the interpreter. It is one function with a dense switch,
// since that is what the Go compiler turns into a jump table with the hot
// values in registers; each case is one operation, and what is rare is a call.
//
// limit is the greatest pc at which the budget is not yet used up. A jump
// moves both by the same distance, so instructions are counted exactly and
// only jumps pay for it.
//
// Programs may race on shared memory, as they may in the kernel, so the race
// detector must not look at their accesses.
//
//go:norace
func (Interpreter) run(c *CPU, code *Code, pc int) error {
	var err error
	base := c.depth
	insts := code.insts
	c.code = code
	limit := c.left + pc
	mm := c.Mem.Regions
	r := &c.R
	for {
	hot:
		for {
			in := &insts[pc]
			pc++
			switch in.op {
			case opAdd + var64X:
				r[in.dst&15] += r[in.src&15]
			case opAdd + var64K:
				r[in.dst&15] += in.imm
			case opAdd + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(r[in.src&15]))
			case opAdd + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(in.imm))
			case opSub + var64X:
				r[in.dst&15] -= r[in.src&15]
			case opSub + var64K:
				r[in.dst&15] -= in.imm
			case opSub + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) - uint32(r[in.src&15]))
			case opSub + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) - uint32(in.imm))
			case opMul + var64X:
				r[in.dst&15] *= r[in.src&15]
			case opMul + var64K:
				r[in.dst&15] *= in.imm
			case opMul + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) * uint32(r[in.src&15]))
			case opMul + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) * uint32(in.imm))
			case opDiv + var64X:
				r[in.dst&15] = div64(r[in.dst&15], r[in.src&15])
			case opDiv + var64K:
				r[in.dst&15] = div64(r[in.dst&15], in.imm)
			case opDiv + var32X:
				r[in.dst&15] = uint64(div32(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			case opDiv + var32K:
				r[in.dst&15] = uint64(div32(uint32(r[in.dst&15]), uint32(in.imm)))
			case opOr + var64X:
				r[in.dst&15] |= r[in.src&15]
			case opOr + var64K:
				r[in.dst&15] |= in.imm
			case opOr + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) | uint32(r[in.src&15]))
			case opOr + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) | uint32(in.imm))
			case opAnd + var64X:
				r[in.dst&15] &= r[in.src&15]
			case opAnd + var64K:
				r[in.dst&15] &= in.imm
			case opAnd + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) & uint32(r[in.src&15]))
			case opAnd + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) & uint32(in.imm))
			case opLsh + var64X:
				r[in.dst&15] <<= r[in.src&15] & 63
			case opLsh + var64K:
				r[in.dst&15] <<= in.imm & 63
			case opLsh + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) << (r[in.src&15] & 31))
			case opLsh + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) << (in.imm & 31))
			case opRsh + var64X:
				r[in.dst&15] >>= r[in.src&15] & 63
			case opRsh + var64K:
				r[in.dst&15] >>= in.imm & 63
			case opRsh + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) >> (r[in.src&15] & 31))
			case opRsh + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) >> (in.imm & 31))
			case opMod + var64X:
				r[in.dst&15] = mod64(r[in.dst&15], r[in.src&15])
			case opMod + var64K:
				r[in.dst&15] = mod64(r[in.dst&15], in.imm)
			case opMod + var32X:
				r[in.dst&15] = uint64(mod32(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			case opMod + var32K:
				r[in.dst&15] = uint64(mod32(uint32(r[in.dst&15]), uint32(in.imm)))
			case opXor + var64X:
				r[in.dst&15] ^= r[in.src&15]
			case opXor + var64K:
				r[in.dst&15] ^= in.imm
			case opXor + var32X:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) ^ uint32(r[in.src&15]))
			case opXor + var32K:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]) ^ uint32(in.imm))
			case opMov + var64X:
				r[in.dst&15] = r[in.src&15]
			case opMov + var64K:
				r[in.dst&15] = in.imm
			case opMov + var32X:
				r[in.dst&15] = uint64(uint32(r[in.src&15]))
			case opMov + var32K:
				r[in.dst&15] = uint64(uint32(in.imm))
			case opArsh + var64X:
				r[in.dst&15] = uint64(int64(r[in.dst&15]) >> (r[in.src&15] & 63))
			case opArsh + var64K:
				r[in.dst&15] = uint64(int64(r[in.dst&15]) >> (in.imm & 63))
			case opArsh + var32X:
				r[in.dst&15] = uint64(uint32(int32(r[in.dst&15]) >> (r[in.src&15] & 31)))
			case opArsh + var32K:
				r[in.dst&15] = uint64(uint32(int32(r[in.dst&15]) >> (in.imm & 31)))
			case opSdiv + var64X:
				r[in.dst&15] = sdiv64(r[in.dst&15], r[in.src&15])
			case opSdiv + var64K:
				r[in.dst&15] = sdiv64(r[in.dst&15], in.imm)
			case opSdiv + var32X:
				r[in.dst&15] = uint64(sdiv32(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			case opSdiv + var32K:
				r[in.dst&15] = uint64(sdiv32(uint32(r[in.dst&15]), uint32(in.imm)))
			case opSmod + var64X:
				r[in.dst&15] = smod64(r[in.dst&15], r[in.src&15])
			case opSmod + var64K:
				r[in.dst&15] = smod64(r[in.dst&15], in.imm)
			case opSmod + var32X:
				r[in.dst&15] = uint64(smod32(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			case opSmod + var32K:
				r[in.dst&15] = uint64(smod32(uint32(r[in.dst&15]), uint32(in.imm)))

			case opNeg64:
				r[in.dst&15] = -r[in.dst&15]
			case opNeg32:
				r[in.dst&15] = uint64(-uint32(r[in.dst&15]))
			case opSext64From8:
				r[in.dst&15] = uint64(int64(int8(r[in.src&15])))
			case opSext64From16:
				r[in.dst&15] = uint64(int64(int16(r[in.src&15])))
			case opSext64From32:
				r[in.dst&15] = uint64(int64(int32(r[in.src&15])))
			case opSext32From8:
				r[in.dst&15] = uint64(uint32(int8(r[in.src&15])))
			case opSext32From16:
				r[in.dst&15] = uint64(uint32(int16(r[in.src&15])))
			case opZext16:
				r[in.dst&15] = uint64(uint16(r[in.dst&15]))
			case opZext32:
				r[in.dst&15] = uint64(uint32(r[in.dst&15]))
			case opSwap16:
				r[in.dst&15] = uint64(bits.ReverseBytes16(uint16(r[in.dst&15])))
			case opSwap32:
				r[in.dst&15] = uint64(bits.ReverseBytes32(uint32(r[in.dst&15])))
			case opSwap64:
				r[in.dst&15] = bits.ReverseBytes64(r[in.dst&15])

			case opJeq + var64X:
				if r[in.dst&15] == r[in.src&15] {
					goto jump
				}
			case opJeq + var64K:
				if r[in.dst&15] == in.imm {
					goto jump
				}
			case opJeq + var32X:
				if uint32(r[in.dst&15]) == uint32(r[in.src&15]) {
					goto jump
				}
			case opJeq + var32K:
				if uint32(r[in.dst&15]) == uint32(in.imm) {
					goto jump
				}
			case opJgt + var64X:
				if r[in.dst&15] > r[in.src&15] {
					goto jump
				}
			case opJgt + var64K:
				if r[in.dst&15] > in.imm {
					goto jump
				}
			case opJgt + var32X:
				if uint32(r[in.dst&15]) > uint32(r[in.src&15]) {
					goto jump
				}
			case opJgt + var32K:
				if uint32(r[in.dst&15]) > uint32(in.imm) {
					goto jump
				}
			case opJge + var64X:
				if r[in.dst&15] >= r[in.src&15] {
					goto jump
				}
			case opJge + var64K:
				if r[in.dst&15] >= in.imm {
					goto jump
				}
			case opJge + var32X:
				if uint32(r[in.dst&15]) >= uint32(r[in.src&15]) {
					goto jump
				}
			case opJge + var32K:
				if uint32(r[in.dst&15]) >= uint32(in.imm) {
					goto jump
				}
			case opJset + var64X:
				if r[in.dst&15]&r[in.src&15] != 0 {
					goto jump
				}
			case opJset + var64K:
				if r[in.dst&15]&in.imm != 0 {
					goto jump
				}
			case opJset + var32X:
				if uint32(r[in.dst&15])&uint32(r[in.src&15]) != 0 {
					goto jump
				}
			case opJset + var32K:
				if uint32(r[in.dst&15])&uint32(in.imm) != 0 {
					goto jump
				}
			case opJne + var64X:
				if r[in.dst&15] != r[in.src&15] {
					goto jump
				}
			case opJne + var64K:
				if r[in.dst&15] != in.imm {
					goto jump
				}
			case opJne + var32X:
				if uint32(r[in.dst&15]) != uint32(r[in.src&15]) {
					goto jump
				}
			case opJne + var32K:
				if uint32(r[in.dst&15]) != uint32(in.imm) {
					goto jump
				}
			case opJsgt + var64X:
				if int64(r[in.dst&15]) > int64(r[in.src&15]) {
					goto jump
				}
			case opJsgt + var64K:
				if int64(r[in.dst&15]) > int64(in.imm) {
					goto jump
				}
			case opJsgt + var32X:
				if int32(r[in.dst&15]) > int32(r[in.src&15]) {
					goto jump
				}
			case opJsgt + var32K:
				if int32(r[in.dst&15]) > int32(in.imm) {
					goto jump
				}
			case opJsge + var64X:
				if int64(r[in.dst&15]) >= int64(r[in.src&15]) {
					goto jump
				}
			case opJsge + var64K:
				if int64(r[in.dst&15]) >= int64(in.imm) {
					goto jump
				}
			case opJsge + var32X:
				if int32(r[in.dst&15]) >= int32(r[in.src&15]) {
					goto jump
				}
			case opJsge + var32K:
				if int32(r[in.dst&15]) >= int32(in.imm) {
					goto jump
				}
			case opJlt + var64X:
				if r[in.dst&15] < r[in.src&15] {
					goto jump
				}
			case opJlt + var64K:
				if r[in.dst&15] < in.imm {
					goto jump
				}
			case opJlt + var32X:
				if uint32(r[in.dst&15]) < uint32(r[in.src&15]) {
					goto jump
				}
			case opJlt + var32K:
				if uint32(r[in.dst&15]) < uint32(in.imm) {
					goto jump
				}
			case opJle + var64X:
				if r[in.dst&15] <= r[in.src&15] {
					goto jump
				}
			case opJle + var64K:
				if r[in.dst&15] <= in.imm {
					goto jump
				}
			case opJle + var32X:
				if uint32(r[in.dst&15]) <= uint32(r[in.src&15]) {
					goto jump
				}
			case opJle + var32K:
				if uint32(r[in.dst&15]) <= uint32(in.imm) {
					goto jump
				}
			case opJslt + var64X:
				if int64(r[in.dst&15]) < int64(r[in.src&15]) {
					goto jump
				}
			case opJslt + var64K:
				if int64(r[in.dst&15]) < int64(in.imm) {
					goto jump
				}
			case opJslt + var32X:
				if int32(r[in.dst&15]) < int32(r[in.src&15]) {
					goto jump
				}
			case opJslt + var32K:
				if int32(r[in.dst&15]) < int32(in.imm) {
					goto jump
				}
			case opJsle + var64X:
				if int64(r[in.dst&15]) <= int64(r[in.src&15]) {
					goto jump
				}
			case opJsle + var64K:
				if int64(r[in.dst&15]) <= int64(in.imm) {
					goto jump
				}
			case opJsle + var32X:
				if int32(r[in.dst&15]) <= int32(r[in.src&15]) {
					goto jump
				}
			case opJsle + var32K:
				if int32(r[in.dst&15]) <= int32(in.imm) {
					goto jump
				}
			case opJa:
				goto jump

			case opCounter:
				if c.Meter.clock.Load() != c.Meter.seen {
					break hot
				}
				limit++
				if n := c.Meter.Counts; in.imm < uint64(len(n)) {
					n[in.imm]++
				}
				c.Meter.Last = int(in.imm)
			case opAccess:
				limit++
				if n := c.Meter.Counts; r[in.src&15]>>mem.OffsetBits == c.Meter.Region && in.imm < uint64(len(n)) {
					n[in.imm] += uint64(in.off)
				}

			case opLoad8:
				v, ok := load8(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = v
			case opLoad16:
				v, ok := load16(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = v
			case opLoad32:
				v, ok := load32(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = v
			case opLoad64:
				v, ok := load64(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = v
			case opLoadS8:
				v, ok := load8(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = uint64(int64(int8(v)))
			case opLoadS16:
				v, ok := load16(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = uint64(int64(int16(v)))
			case opLoadS32:
				v, ok := load32(mm, r[in.src&15]+uint64(int64(in.off)))
				if !ok {
					break hot
				}
				r[in.dst&15] = uint64(int64(int32(v)))
			case opStore8X:
				if !store8(mm, r[in.dst&15]+uint64(int64(in.off)), uint8(r[in.src&15])) {
					break hot
				}
			case opStore8K:
				if !store8(mm, r[in.dst&15]+uint64(int64(in.off)), uint8(in.imm)) {
					break hot
				}
			case opStore16X:
				if !store16(mm, r[in.dst&15]+uint64(int64(in.off)), uint16(r[in.src&15])) {
					break hot
				}
			case opStore16K:
				if !store16(mm, r[in.dst&15]+uint64(int64(in.off)), uint16(in.imm)) {
					break hot
				}
			case opStore32X:
				if !store32(mm, r[in.dst&15]+uint64(int64(in.off)), uint32(r[in.src&15])) {
					break hot
				}
			case opStore32K:
				if !store32(mm, r[in.dst&15]+uint64(int64(in.off)), uint32(in.imm)) {
					break hot
				}
			case opStore64X:
				if !store64(mm, r[in.dst&15]+uint64(int64(in.off)), r[in.src&15]) {
					break hot
				}
			case opStore64K:
				if !store64(mm, r[in.dst&15]+uint64(int64(in.off)), in.imm) {
					break hot
				}
			default:
				break hot
			}
			continue

		jump:
			if pc > limit {
				break hot
			}
			pc += int(in.off)
			limit += int(in.off)
		}
		// What is rare, or needs a call.
		in := &insts[pc-1]
		switch in.op {
		case opAtomic:
			if err = c.atomic(in); err != nil {
				goto stop
			}
		case opCast:
			r[in.dst&15] = code.cast(r[in.src&15], in.imm != 0)
		case opMayGoto:
			if f := &c.frames[c.depth&(MaxFrames-1)]; f.mayGoto > 0 {
				f.mayGoto--
				continue
			}
			goto branch
		case opMayGotoInit:
			c.frames[c.depth&(MaxFrames-1)].mayGoto = MaxMayGoto
			limit++
		case opCallLocal:
			if c.depth+1 >= MaxFrames {
				err = ErrFrames
				goto stop
			}
			c.enter(code, pc)
			goto branch
		case opCallFunc:
			c.left = limit - pc
			if r[0], err = code.calls[in.imm](c); err != nil {
				goto stop
			}
			limit = c.left + pc
		case opTailCall:
			c.left = limit - pc
			next, stopped := c.tailCall(code)
			if err = stopped; err != nil {
				goto stop
			}
			if next != nil {
				code, insts, pc, limit = next, next.insts, 0, c.left
			}
		case opLegacyLoad:
			v, ok := code.legacy(c, int64(r[in.src&15])+int64(in.imm), int(in.off))
			if r[0] = v; ok {
				continue
			}
			r[0] = 0
			fallthrough
		case opExit:
			c.left = limit - pc
			if c.depth == base {
				return nil
			}
			code, pc = c.leave()
			insts, limit = code.insts, c.left+pc
		case opProbe:
			limit++
			c.left = limit - pc
			code.probes[in.off](c, code.slot(pc-1))
		case opCounter: // the clock has changed; come again
			c.Meter.tick(c)
			pc--
			continue
		case opEnd:
			err = ErrEnd
			goto stop
		default:
			if err = c.slow(in); err != nil {
				goto stop
			}
		}
		mm = c.Mem.Regions
		continue

	branch:
		if pc > limit {
			err = ErrBudget
			goto stop
		}
		pc += int(in.off)
		limit += int(in.off)
	}
stop:
	c.left = limit - pc
	return c.fail(code, pc-1, err)
}
