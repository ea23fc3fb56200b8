package vm

import (
	"math/bits"

	"github.com/bpflint/bpflint/exec/mem"
)

// hot runs instructions until one is rare or needs a call, and returns the pc
// of that one. It is one function with a dense switch, since that is what
// the Go compiler turns into a jump table; it calls nothing and has few values
// that live, so that they all stay in registers.
//
// limit is the greatest pc at which the budget is not yet used up. A jump
// moves both by the same distance, so instructions are counted exactly and
// only jumps pay for it.
//
// Programs may race on shared memory, as they may in the kernel, so the race
// detector must not look at their accesses. A check of the stack, which the
// writes of pointers for a profile would bring along, is not needed and would
// move the dispatch across a line of the cache.
//
//go:norace
func hot(c *CPU, insts []inst, pc int, regions []mem.Region) int {
	r := &c.R
	for ; ; pc++ {
		in := &insts[pc]
		switch in.op {
		case opAdd + var64X:
			r[in.dst] += r[in.src]
		case opAdd + var64K:
			r[in.dst] += in.imm
		case opAdd + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) + uint32(r[in.src]))
		case opAdd + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) + uint32(in.imm))
		case opSub + var64X:
			r[in.dst] -= r[in.src]
		case opSub + var64K:
			r[in.dst] -= in.imm
		case opSub + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) - uint32(r[in.src]))
		case opSub + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) - uint32(in.imm))
		case opMul + var64X:
			r[in.dst] *= r[in.src]
		case opMul + var64K:
			r[in.dst] *= in.imm
		case opMul + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) * uint32(r[in.src]))
		case opMul + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) * uint32(in.imm))
		case opDiv + var64X:
			r[in.dst] = div64(r[in.dst], r[in.src])
		case opDiv + var64K:
			r[in.dst] = div64(r[in.dst], in.imm)
		case opDiv + var32X:
			r[in.dst] = uint64(div32(uint32(r[in.dst]), uint32(r[in.src])))
		case opDiv + var32K:
			r[in.dst] = uint64(div32(uint32(r[in.dst]), uint32(in.imm)))
		case opOr + var64X:
			r[in.dst] |= r[in.src]
		case opOr + var64K:
			r[in.dst] |= in.imm
		case opOr + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) | uint32(r[in.src]))
		case opOr + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) | uint32(in.imm))
		case opAnd + var64X:
			r[in.dst] &= r[in.src]
		case opAnd + var64K:
			r[in.dst] &= in.imm
		case opAnd + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) & uint32(r[in.src]))
		case opAnd + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) & uint32(in.imm))
		case opLsh + var64X:
			r[in.dst] <<= r[in.src] & 63
		case opLsh + var64K:
			r[in.dst] <<= in.imm & 63
		case opLsh + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) << (r[in.src] & 31))
		case opLsh + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) << (in.imm & 31))
		case opRsh + var64X:
			r[in.dst] >>= r[in.src] & 63
		case opRsh + var64K:
			r[in.dst] >>= in.imm & 63
		case opRsh + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) >> (r[in.src] & 31))
		case opRsh + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) >> (in.imm & 31))
		case opMod + var64X:
			r[in.dst] = mod64(r[in.dst], r[in.src])
		case opMod + var64K:
			r[in.dst] = mod64(r[in.dst], in.imm)
		case opMod + var32X:
			r[in.dst] = uint64(mod32(uint32(r[in.dst]), uint32(r[in.src])))
		case opMod + var32K:
			r[in.dst] = uint64(mod32(uint32(r[in.dst]), uint32(in.imm)))
		case opXor + var64X:
			r[in.dst] ^= r[in.src]
		case opXor + var64K:
			r[in.dst] ^= in.imm
		case opXor + var32X:
			r[in.dst] = uint64(uint32(r[in.dst]) ^ uint32(r[in.src]))
		case opXor + var32K:
			r[in.dst] = uint64(uint32(r[in.dst]) ^ uint32(in.imm))
		case opMov + var64X:
			r[in.dst] = r[in.src]
		case opMov + var64K:
			r[in.dst] = in.imm
		case opMov + var32X:
			r[in.dst] = uint64(uint32(r[in.src]))
		case opMov + var32K:
			r[in.dst] = uint64(uint32(in.imm))
		case opArsh + var64X:
			r[in.dst] = uint64(int64(r[in.dst]) >> (r[in.src] & 63))
		case opArsh + var64K:
			r[in.dst] = uint64(int64(r[in.dst]) >> (in.imm & 63))
		case opArsh + var32X:
			r[in.dst] = uint64(uint32(int32(r[in.dst]) >> (r[in.src] & 31)))
		case opArsh + var32K:
			r[in.dst] = uint64(uint32(int32(r[in.dst]) >> (in.imm & 31)))
		case opSdiv + var64X:
			r[in.dst] = sdiv64(r[in.dst], r[in.src])
		case opSdiv + var64K:
			r[in.dst] = sdiv64(r[in.dst], in.imm)
		case opSdiv + var32X:
			r[in.dst] = uint64(sdiv32(uint32(r[in.dst]), uint32(r[in.src])))
		case opSdiv + var32K:
			r[in.dst] = uint64(sdiv32(uint32(r[in.dst]), uint32(in.imm)))
		case opSmod + var64X:
			r[in.dst] = smod64(r[in.dst], r[in.src])
		case opSmod + var64K:
			r[in.dst] = smod64(r[in.dst], in.imm)
		case opSmod + var32X:
			r[in.dst] = uint64(smod32(uint32(r[in.dst]), uint32(r[in.src])))
		case opSmod + var32K:
			r[in.dst] = uint64(smod32(uint32(r[in.dst]), uint32(in.imm)))

		case opNeg64:
			r[in.dst] = -r[in.dst]
		case opNeg32:
			r[in.dst] = uint64(-uint32(r[in.dst]))
		case opSext64From8:
			r[in.dst] = uint64(int64(int8(r[in.src])))
		case opSext64From16:
			r[in.dst] = uint64(int64(int16(r[in.src])))
		case opSext64From32:
			r[in.dst] = uint64(int64(int32(r[in.src])))
		case opSext32From8:
			r[in.dst] = uint64(uint32(int8(r[in.src])))
		case opSext32From16:
			r[in.dst] = uint64(uint32(int16(r[in.src])))
		case opZext16:
			r[in.dst] = uint64(uint16(r[in.dst]))
		case opZext32:
			r[in.dst] = uint64(uint32(r[in.dst]))
		case opSwap16:
			r[in.dst] = uint64(bits.ReverseBytes16(uint16(r[in.dst])))
		case opSwap32:
			r[in.dst] = uint64(bits.ReverseBytes32(uint32(r[in.dst])))
		case opSwap64:
			r[in.dst] = bits.ReverseBytes64(r[in.dst])

		case opJeq + var64X:
			if r[in.dst] == r[in.src] {
				goto jump
			}
		case opJeq + var64K:
			if r[in.dst] == in.imm {
				goto jump
			}
		case opJeq + var32X:
			if uint32(r[in.dst]) == uint32(r[in.src]) {
				goto jump
			}
		case opJeq + var32K:
			if uint32(r[in.dst]) == uint32(in.imm) {
				goto jump
			}
		case opJgt + var64X:
			if r[in.dst] > r[in.src] {
				goto jump
			}
		case opJgt + var64K:
			if r[in.dst] > in.imm {
				goto jump
			}
		case opJgt + var32X:
			if uint32(r[in.dst]) > uint32(r[in.src]) {
				goto jump
			}
		case opJgt + var32K:
			if uint32(r[in.dst]) > uint32(in.imm) {
				goto jump
			}
		case opJge + var64X:
			if r[in.dst] >= r[in.src] {
				goto jump
			}
		case opJge + var64K:
			if r[in.dst] >= in.imm {
				goto jump
			}
		case opJge + var32X:
			if uint32(r[in.dst]) >= uint32(r[in.src]) {
				goto jump
			}
		case opJge + var32K:
			if uint32(r[in.dst]) >= uint32(in.imm) {
				goto jump
			}
		case opJset + var64X:
			if r[in.dst]&r[in.src] != 0 {
				goto jump
			}
		case opJset + var64K:
			if r[in.dst]&in.imm != 0 {
				goto jump
			}
		case opJset + var32X:
			if uint32(r[in.dst])&uint32(r[in.src]) != 0 {
				goto jump
			}
		case opJset + var32K:
			if uint32(r[in.dst])&uint32(in.imm) != 0 {
				goto jump
			}
		case opJne + var64X:
			if r[in.dst] != r[in.src] {
				goto jump
			}
		case opJne + var64K:
			if r[in.dst] != in.imm {
				goto jump
			}
		case opJne + var32X:
			if uint32(r[in.dst]) != uint32(r[in.src]) {
				goto jump
			}
		case opJne + var32K:
			if uint32(r[in.dst]) != uint32(in.imm) {
				goto jump
			}
		case opJsgt + var64X:
			if int64(r[in.dst]) > int64(r[in.src]) {
				goto jump
			}
		case opJsgt + var64K:
			if int64(r[in.dst]) > int64(in.imm) {
				goto jump
			}
		case opJsgt + var32X:
			if int32(r[in.dst]) > int32(r[in.src]) {
				goto jump
			}
		case opJsgt + var32K:
			if int32(r[in.dst]) > int32(in.imm) {
				goto jump
			}
		case opJsge + var64X:
			if int64(r[in.dst]) >= int64(r[in.src]) {
				goto jump
			}
		case opJsge + var64K:
			if int64(r[in.dst]) >= int64(in.imm) {
				goto jump
			}
		case opJsge + var32X:
			if int32(r[in.dst]) >= int32(r[in.src]) {
				goto jump
			}
		case opJsge + var32K:
			if int32(r[in.dst]) >= int32(in.imm) {
				goto jump
			}
		case opJlt + var64X:
			if r[in.dst] < r[in.src] {
				goto jump
			}
		case opJlt + var64K:
			if r[in.dst] < in.imm {
				goto jump
			}
		case opJlt + var32X:
			if uint32(r[in.dst]) < uint32(r[in.src]) {
				goto jump
			}
		case opJlt + var32K:
			if uint32(r[in.dst]) < uint32(in.imm) {
				goto jump
			}
		case opJle + var64X:
			if r[in.dst] <= r[in.src] {
				goto jump
			}
		case opJle + var64K:
			if r[in.dst] <= in.imm {
				goto jump
			}
		case opJle + var32X:
			if uint32(r[in.dst]) <= uint32(r[in.src]) {
				goto jump
			}
		case opJle + var32K:
			if uint32(r[in.dst]) <= uint32(in.imm) {
				goto jump
			}
		case opJslt + var64X:
			if int64(r[in.dst]) < int64(r[in.src]) {
				goto jump
			}
		case opJslt + var64K:
			if int64(r[in.dst]) < int64(in.imm) {
				goto jump
			}
		case opJslt + var32X:
			if int32(r[in.dst]) < int32(r[in.src]) {
				goto jump
			}
		case opJslt + var32K:
			if int32(r[in.dst]) < int32(in.imm) {
				goto jump
			}
		case opJsle + var64X:
			if int64(r[in.dst]) <= int64(r[in.src]) {
				goto jump
			}
		case opJsle + var64K:
			if int64(r[in.dst]) <= int64(in.imm) {
				goto jump
			}
		case opJsle + var32X:
			if int32(r[in.dst]) <= int32(r[in.src]) {
				goto jump
			}
		case opJsle + var32K:
			if int32(r[in.dst]) <= int32(in.imm) {
				goto jump
			}
		case opJa:
			goto jump

		case opCallLocal:
			d := c.depth + 1
			f := &c.frames[d&(MaxFrames-1)]
			if d >= MaxFrames || f.code != c.code || pc >= c.limit {
				return pc
			}
			f.save(c, pc+1)
			c.use(d)
			goto jump
		case opExit:
			f := &c.frames[c.depth&(MaxFrames-1)]
			if f.code != c.code {
				return pc
			}
			f.restore(c)
			c.use(c.depth - 1)
			c.limit += f.ret - 1 - pc
			pc = f.ret - 1

		case opEnter:
			f := &c.frames[c.depth&(MaxFrames-1)]
			if f.code != c.code || c.Meter.clock.Load() != c.Meter.seen {
				return pc
			}
			at := c.Meter.callee(c.depth, insts[f.ret-1].imm)
			if at == nil || at.enter != in.off {
				return pc
			}
			c.limit++
			c.Meter.enter(c.depth, at)
			c.Meter.count(in.imm)
		case opResume:
			if c.Meter.clock.Load() != c.Meter.seen {
				return pc
			}
			c.limit++
			c.Meter.Resume(c.depth)
		case opCounter:
			if c.Meter.clock.Load() != c.Meter.seen {
				return pc
			}
			c.limit++
			c.Meter.count(in.imm)
		case opAccess:
			c.limit++
			if n := c.Meter.at.Counts; r[in.src]>>mem.OffsetBits == c.Meter.Region && in.imm < uint64(len(n)) {
				n[in.imm] += uint64(in.off)
			}

		case opLoad8:
			v, ok := load8(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
		case opLoad16:
			v, ok := load16(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
		case opLoad32:
			v, ok := load32(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
		case opLoad64:
			v, ok := load64(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
		case opLoadS8:
			v, ok := load8(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = uint64(int64(int8(v)))
		case opLoadS16:
			v, ok := load16(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = uint64(int64(int16(v)))
		case opLoadS32:
			v, ok := load32(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = uint64(int64(int32(v)))
		case opStore8X:
			if !store8(regions, r[in.dst]+in.imm, uint8(r[in.src])) {
				return pc
			}
		case opStore8K:
			if !store8(regions, r[in.dst]+uint64(int64(in.off)), uint8(in.imm)) {
				return pc
			}
		case opStore16X:
			if !store16(regions, r[in.dst]+in.imm, uint16(r[in.src])) {
				return pc
			}
		case opStore16K:
			if !store16(regions, r[in.dst]+uint64(int64(in.off)), uint16(in.imm)) {
				return pc
			}
		case opStore32X:
			if !store32(regions, r[in.dst]+in.imm, uint32(r[in.src])) {
				return pc
			}
		case opStore32K:
			if !store32(regions, r[in.dst]+uint64(int64(in.off)), uint32(in.imm)) {
				return pc
			}
		case opStore64X:
			if !store64(regions, r[in.dst]+in.imm, r[in.src]) {
				return pc
			}
		case opStore64K:
			if !store64(regions, r[in.dst]+uint64(int64(in.off)), in.imm) {
				return pc
			}
		case opLoadFrame8:
			r[in.dst] = c.stack.load8(c.top + in.imm)
		case opLoadFrame16:
			r[in.dst] = c.stack.load16(c.top + in.imm)
		case opLoadFrame32:
			r[in.dst] = c.stack.load32(c.top + in.imm)
		case opLoadFrame64:
			r[in.dst] = c.stack.load64(c.top + in.imm)
		case opStoreFrame8X:
			c.stack.store8(c.top+in.imm, uint8(r[in.src]))
		case opStoreFrame16X:
			c.stack.store16(c.top+in.imm, uint16(r[in.src]))
		case opStoreFrame32X:
			c.stack.store32(c.top+in.imm, uint32(r[in.src]))
		case opStoreFrame64X:
			c.stack.store64(c.top+in.imm, r[in.src])
		case opStoreFrame8K:
			c.stack.store8(c.top+uint64(uint32(in.off)), uint8(in.imm))
		case opStoreFrame16K:
			c.stack.store16(c.top+uint64(uint32(in.off)), uint16(in.imm))
		case opStoreFrame32K:
			c.stack.store32(c.top+uint64(uint32(in.off)), uint32(in.imm))
		case opStoreFrame64K:
			c.stack.store64(c.top+uint64(uint32(in.off)), in.imm)

		// Pairs of frequent instructions, the second of which still stands behind
		// the first: see fuse.
		case opMov64XAdd64K:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] += in2.imm
			goto pair
		case opMov64XAdd64X:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] += r[in2.src]
			goto pair
		case opMov64XRsh64K:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] >>= in2.imm & 63
			goto pair
		case opMov64XLsh64K:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] <<= in2.imm & 63
			goto pair
		case opMov64XAnd64K:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] &= in2.imm
			goto pair
		case opMov64XMov64X:
			r[in.dst] = r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] = r[in2.src]
			goto pair
		case opMov64KMov64K:
			r[in.dst] = in.imm
			in2 := &insts[pc+1]
			r[in2.dst] = in2.imm
			goto pair
		case opLsh64KRsh64K:
			r[in.dst] <<= in.imm & 63
			in2 := &insts[pc+1]
			r[in2.dst] >>= in2.imm & 63
			goto pair
		case opLsh64KArsh64K:
			r[in.dst] <<= in.imm & 63
			in2 := &insts[pc+1]
			r[in2.dst] = uint64(int64(r[in2.dst]) >> (in2.imm & 63))
			goto pair
		case opLsh64KOr64X:
			r[in.dst] <<= in.imm & 63
			in2 := &insts[pc+1]
			r[in2.dst] |= r[in2.src]
			goto pair
		case opRsh64KOr64X:
			r[in.dst] >>= in.imm & 63
			in2 := &insts[pc+1]
			r[in2.dst] |= r[in2.src]
			goto pair
		case opRsh64KAnd64X:
			r[in.dst] >>= in.imm & 63
			in2 := &insts[pc+1]
			r[in2.dst] &= r[in2.src]
			goto pair
		case opXor64XMul64X:
			r[in.dst] ^= r[in.src]
			in2 := &insts[pc+1]
			r[in2.dst] *= r[in2.src]
			goto pair
		case opAdd64KJne64K:
			r[in.dst] += in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opAdd64KJlt64K:
			r[in.dst] += in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] < in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opAdd64KJne64X:
			r[in.dst] += in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] != r[in2.src] {
				pc++
				goto jump
			}
			goto pair
		case opSub64KJne64K:
			r[in.dst] -= in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opAnd64KJeq64K:
			r[in.dst] &= in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] == in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opAnd64KJne64K:
			r[in.dst] &= in.imm
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opLoad8Jne64K:
			v, ok := load8(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opLoad16Jne64K:
			v, ok := load16(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opLoad32Jne64K:
			v, ok := load32(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
			in2 := &insts[pc+1]
			if r[in2.dst] != in2.imm {
				pc++
				goto jump
			}
			goto pair
		case opLoad64Store64X:
			v, ok := load64(regions, r[in.src]+in.imm)
			if !ok {
				return pc
			}
			r[in.dst] = v
			in2 := &insts[pc+1]
			if !store64(regions, r[in2.dst]+in2.imm, r[in2.src]) {
				return pc + 1
			}
			goto pair
		case opAdd64XLoad8:
			r[in.dst] += r[in.src]
			in2 := &insts[pc+1]
			v, ok := load8(regions, r[in2.src]+in2.imm)
			if !ok {
				return pc + 1
			}
			r[in2.dst] = v
			goto pair
		case opAdd64XLoad64:
			r[in.dst] += r[in.src]
			in2 := &insts[pc+1]
			v, ok := load64(regions, r[in2.src]+in2.imm)
			if !ok {
				return pc + 1
			}
			r[in2.dst] = v
			goto pair
		default:
			return pc
		}
		continue

	pair:
		pc++
		continue

	jump:
		if pc >= c.limit {
			return pc
		}
		off := int(insts[pc].off)
		pc += off
		c.limit += off
	}
}
