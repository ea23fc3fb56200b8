package oracle

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/btf"
)

// infoBlob has an integer, a struct, the type of a function and two functions.
func infoBlob() []byte {
	types := []uint32{
		1, 1 << 24, 4, 32, // [1] int
		1, 4 << 24, 0, // [2] struct
		0, 13 << 24, 1, // [3] int ()
		1, 12 << 24, 3, // [4] function
		3, 12<<24 | 1, 3, // [5] function
	}
	names := "\x00a\x00b\x00"
	b := []byte{0x9f, 0xeb, 1, 0}
	size := uint32(4 * len(types))
	for _, w := range slices.Concat([]uint32{24, 0, size, size, uint32(len(names))}, types) {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return append(b, names...)
}

// infoTables makes tables for a program of 7 slots with functions at 0 and 4,
// of which slot 2 is the second half of a constant, and bends them.
func infoTables(s *rand.Rand) (funcs, lines btf.Records) {
	table := func(size uint32, words ...uint32) btf.Records {
		size += 4 * uint32(max(0, s.IntN(8)-5))
		if s.IntN(12) == 0 {
			size = []uint32{0, 4, 6, 12, 252, 256}[s.IntN(6)]
		}
		var data []byte
		for rec := range slices.Chunk(words, 4) {
			row := make([]byte, size)
			for i, w := range rec {
				if s.IntN(30) == 0 {
					w = []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 1 << 20, 0xffffffff}[s.IntN(11)]
				}
				if 4*i+4 <= len(row) && uint32(4*i) < max(size, 4) {
					binary.LittleEndian.PutUint32(row[4*i:], w)
				}
			}
			if len(row) > 0 && s.IntN(30) == 0 {
				row[len(row)-1] = 1
			}
			data = append(data, row...)
		}
		if size > 0 && s.IntN(10) == 0 {
			data = data[:len(data)-int(size)]
		}
		return btf.Records{Data: data, Size: size}
	}
	funcs = table(8, 0, 4, 0, 0, 4, 5, 0, 0)
	lines = table(16, 0, 1, 1, 1024, 1, 1, 3, 2048, 4, 3, 3, 1024, 6, 1, 1, 1024)
	return funcs, lines
}

// TestInfoLive compares what the running kernel and package btf say of tables
// that are nearly right.
func TestInfoLive(t *testing.T) {
	kernel, err := Open()
	if err != nil {
		t.Skip(err)
	}
	blob := infoBlob()
	checked, err := btf.CheckAll(blob, btf.Kernel{Version: kernel.Version()})
	require.NoError(t, err)
	types := btfAttr{btf: address(blob), size: uint32(len(blob))}
	fd, errno := bpf(cmdBTFLoad, &types)
	if errno != 0 {
		t.Skip(errno)
	}
	defer unix.Close(fd)
	insns := []uint64{0x18, 0, 0, 0, 0, 0, 0}
	insns[0] = 0x85 | 1<<12 | 3<<32                         // call +3
	insns[1] = 0x18                                         // r0 = 0 ll
	insns[3] = 0x95                                         // exit
	insns[4], insns[5], insns[6] = 0xb7, 0xb7, uint64(0x95) // r0 = 0; r0 = 0; exit
	code := &btf.Code{Len: len(insns), Funcs: []int{0, 4}, Inside: func(slot int) bool { return slot == 2 }}
	log := make([]byte, 1<<16)
	refused := 0
	for seed := range uint64(20000) {
		funcs, lines := infoTables(rand.New(rand.NewPCG(seed, 0)))
		if funcs.Size == 0 || lines.Size == 0 {
			continue
		}
		log[0] = 0
		attr := loadAttr{
			progType: 1, insnCnt: uint32(len(insns)), insns: address(insns), license: address(licenseGPL),
			logLevel: 1, logSize: uint32(len(log)), logBuf: address(log), btfFD: uint32(fd),
			funcInfo: address(funcs.Data), funcInfoRecSize: funcs.Size, funcInfoCnt: uint32(len(funcs.Data)) / funcs.Size,
			lineInfo: address(lines.Data), lineInfoRecSize: lines.Size, lineInfoCnt: uint32(len(lines.Data)) / lines.Size,
		}
		prog, errno := bpf(cmdProgLoad, &attr)
		if errno == 0 {
			unix.Close(prog)
		}
		text := string(log[:bytes.IndexByte(log, 0)])
		want, got := errnoName(errno), ""
		if r := btf.AsRefusal(checked.CheckInfo(funcs, lines, code)); r != nil {
			got = r.Errno
			require.Contains(t, text, r.Message, "seed %d", seed)
			refused++
		}
		require.Equal(t, want, got, "seed %d: %s", seed, strings.TrimSpace(text))
	}
	require.Greater(t, refused, 1000)
}
