package exec_test

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// skbCases call helpers that know more of a packet than its bytes, and then
// read what they changed.
func skbCases() (list []helperCase) {
	fields := []int16{0, 4, 16, 20, 24, 28, 68}
	for packet := range 7 {
		add := func(name string, parts ...asm.Instructions) {
			// R0 of the calls, and the fields of the context, go into R7.
			var all []asm.Instructions
			for _, p := range parts {
				all = append(all, p, note)
			}
			for _, off := range fields {
				all = append(all, asm.Instructions{asm.LoadMem(asm.R0, asm.R6, off, asm.Word)}, note)
			}
			all = append(all, asm.Instructions{asm.Mov.Reg(asm.R0, asm.R7)})
			list = append(list, helperCase{
				name: fmt.Sprintf("skb %d %s", packet, name), typ: ebpf.SchedCLS, insns: sequence(all...), packet: packet,
			})
		}
		for _, n := range []int32{0, 14, 100, 70000} {
			add(fmt.Sprintf("change_head %d", n), call(asm.FnSkbChangeHead, n, 0))
			add(fmt.Sprintf("change_head %d then tail", n), call(asm.FnSkbChangeHead, n, 0), call(asm.FnSkbChangeTail, 20, 0))
		}
		add("change_head flags", call(asm.FnSkbChangeHead, 14, 1))
		for _, proto := range []int32{0x0008, 0xdd86, 0x0081} {
			add(fmt.Sprintf("change_proto %#x", proto), call(asm.FnSkbChangeProto, proto, 0))
		}
		for _, typ := range []int32{0, 3, 4} {
			add(fmt.Sprintf("change_type %d", typ), call(asm.FnSkbChangeType, typ))
		}
		push := func(proto, tci int32) asm.Instructions { return call(asm.FnSkbVlanPush, proto, tci) }
		pop := call(asm.FnSkbVlanPop)
		add("vlan_push", push(0x0081, 0x2005))
		add("vlan_push 3", push(0x0081, 5), push(0xa888, 6), push(0x1234, 7))
		add("vlan_pop", pop)
		add("vlan_pop 2", pop, pop)
		add("vlan_push 2 pop 3", push(0x0081, 5), push(0xa888, 6), pop, pop, pop)
		for _, diff := range []int32{-2000, -60, -40, -20, -8, -4, 0, 8, 20, 40, 2000, 5000} {
			for _, mode := range []int32{0, 1, 2} {
				add(fmt.Sprintf("adjust_room %d %d", diff, mode), call(asm.FnSkbAdjustRoom, diff, mode, 0))
			}
			for _, flags := range []int32{1, 2, 4, 6, 2 | 8, 4 | 16, 8 | 16 | 2, 2 | 64, 128, 256, 384, 512, 32} {
				add(fmt.Sprintf("adjust_room %d flags %#x", diff, flags), call(asm.FnSkbAdjustRoom, diff, 1, flags))
			}
		}
		add("adjust_room encap twice", call(asm.FnSkbAdjustRoom, 20, 1, 2), call(asm.FnSkbAdjustRoom, 20, 1, 2))
		add("adjust_room there and back", call(asm.FnSkbAdjustRoom, 8, 0, 0), call(asm.FnSkbAdjustRoom, -8, 0, 0))
		add("ecn", call(asm.FnSkbEcnSetCe))
		add("csum", call(asm.FnCsumUpdate, 77), call(asm.FnCsumLevel, 0), call(asm.FnCsumLevel, 1), call(asm.FnCsumLevel, 4))
		for clock := range int32(4) {
			add(fmt.Sprintf("set_tstamp %d", clock), call(asm.FnSkbSetTstamp, 99, clock), call(asm.FnSkbSetTstamp, 0, clock))
		}
		add("set_hash", call(asm.FnSetHash, 1234))
		for _, dev := range []int32{0, 1, 7777} {
			for _, flags := range []int32{0, 1, 2} {
				add(fmt.Sprintf("clone_redirect %d %d", dev, flags), call(asm.FnCloneRedirect, dev, flags))
			}
			for _, given := range []int64{0, 1500, 65536, 65537} {
				for _, flags := range []int32{0, 1, 2} {
					add(fmt.Sprintf("check_mtu %d %d %d", dev, given, flags), onStack(asm.R3, given), asm.Instructions{
						asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, dev), asm.Mov.Imm(asm.R4, 0), asm.Mov.Imm(asm.R5, flags),
						asm.FnCheckMtu.Call()}, asm.Instructions{asm.LoadMem(asm.R0, asm.R10, -64, asm.Word)})
				}
			}
		}
	}
	return append(list, tunnelCases()...)
}

// note folds R0 into R7.
var note = asm.Instructions{asm.Mul.Imm(asm.R7, 31), asm.Add.Reg(asm.R7, asm.R0)}

// tunnelCases set a tunnel's key and read it back.
func tunnelCases() (list []helperCase) {
	key := []int64{0x0a00000100001234, 0x1111111122222222, 0x0000401033333333, 0x0a00000200000000, 0x77777777, 0}
	on := func(fn asm.BuiltinFunc, size, flags int32) asm.Instructions {
		return asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, -64),
			asm.Mov.Imm(asm.R3, size), asm.Mov.Imm(asm.R4, flags), fn.Call(),
		}
	}
	read := func() (list asm.Instructions) {
		for off := int16(-64); off < -16; off += 8 {
			list = append(append(list, asm.LoadMem(asm.R0, asm.R10, off, asm.DWord)), note...)
		}
		return list
	}
	for _, size := range []int32{8, 22, 24, 28, 44, 40} {
		for _, flags := range []int32{0, 1, 2, 4, 8, 16, 31, 32} {
			for _, get := range []int32{0, 1, 16, 17, 2} {
				list = append(list, helperCase{
					name: fmt.Sprintf("tunnel key %d %d %d", size, flags, get), typ: ebpf.SchedCLS,
					insns: sequence(onStack(asm.R2, key...), on(asm.FnSkbSetTunnelKey, size, flags), note,
						on(asm.FnSkbGetTunnelKey, size, get), note, read(), asm.Instructions{asm.Mov.Reg(asm.R0, asm.R7)}),
				})
			}
		}
	}
	for _, size := range []int32{4, 6, 16} {
		for _, room := range []int32{4, 16, 32} {
			list = append(list, helperCase{
				name: fmt.Sprintf("tunnel option %d %d", size, room), typ: ebpf.SchedCLS,
				insns: sequence(onStack(asm.R2, key...), on(asm.FnSkbSetTunnelOpt, size, 0), note,
					onStack(asm.R2, key...), on(asm.FnSkbSetTunnelKey, 28, 0), note,
					on(asm.FnSkbGetTunnelOpt, room, 0), note, onStack(asm.R2, key...),
					on(asm.FnSkbSetTunnelOpt, size, 0), note, on(asm.FnSkbGetTunnelOpt, room, 0), note,
					read(), asm.Instructions{asm.Mov.Reg(asm.R0, asm.R7)}),
			})
		}
	}
	return list
}
