package cfg_test

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
)

var little = binary.LittleEndian

func TestEncode(t *testing.T) {
	insns := []cfg.Insn{{Op: 0x61, Regs: cfg.MakeRegs(2, 10), Off: -8, Imm: 0x01020304}}
	require.Equal(t, []byte{0x61, 0xa2, 0xf8, 0xff, 4, 3, 2, 1}, cfg.Encode(insns, binary.LittleEndian))
	require.Equal(t, []byte{0x61, 0x2a, 0xff, 0xf8, 1, 2, 3, 4}, cfg.Encode(insns, binary.BigEndian))
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		got, err := cfg.Decode(cfg.Encode(insns, order), order)
		require.NoError(t, err)
		require.Equal(t, insns, got)
	}
	_, err := cfg.Decode(make([]byte, 9), little)
	require.ErrorContains(t, err, "9 bytes")
}

func TestFromAsm(t *testing.T) {
	got, err := cfg.FromAsm(asm.Instructions{
		asm.LoadImm(asm.R1, 0x1_0000_0002, asm.DWord),
		asm.Return(),
	})
	require.NoError(t, err)
	require.Equal(t, []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: 1, Imm: 2}, {Imm: 1}, exit()}, got)
}
