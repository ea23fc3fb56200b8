package load_test

import (
	"debug/elf"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/load"
)

// sectionHeader is Elf64_Shdr.
type sectionHeader struct {
	Name, Type             uint32
	Flags, Addr, Off, Size uint64
	Link, Info             uint32
	Addralign, Entsize     uint64
}

// image makes an object of some bytes and the section headers that describe
// them. Offset 0 of the bytes has the names: "\0a.text\0.bss\0.rel".
func image(content []byte, headers ...sectionHeader) []byte {
	const names = "\x00a.text\x00.bss\x00.rel\x00"
	body := append([]byte(names), content...)
	strings := sectionHeader{Name: 0, Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names))}
	headers = append([]sectionHeader{{}, strings}, headers...)
	le := binary.LittleEndian
	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	le.PutUint16(head[16:], uint16(elf.ET_REL))
	le.PutUint16(head[18:], uint16(elf.EM_BPF))
	le.PutUint32(head[20:], 1)
	le.PutUint64(head[40:], uint64(64+len(body)))
	le.PutUint16(head[52:], 64)
	le.PutUint16(head[58:], 64)
	le.PutUint16(head[60:], uint16(len(headers)))
	le.PutUint16(head[62:], 1)
	out := append(head, body...)
	for _, h := range headers {
		out, _ = binary.Append(out, le, h)
	}
	return out
}

const contentAt = 64 + 18 // where the bytes begin that are given to image

// A few bytes that stand for much are refused before memory is spent on them.
func TestHostileSizes(t *testing.T) {
	const many = 2000
	repeat := func(h sectionHeader) []sectionHeader {
		list := make([]sectionHeader, many)
		for i := range list {
			list[i] = h
		}
		return list
	}
	megabyte := make([]byte, 1<<20)
	code := uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR)
	for name, c := range map[string]struct {
		image []byte
		want  string
	}{
		"one huge zeroed section": {
			image(nil, sectionHeader{Name: 8, Type: uint32(elf.SHT_NOBITS), Size: 1 << 60}),
			"section .bss, offset 0x0: size 1152921504606846976, more than 67108864",
		},
		"code sections that share their bytes": {
			image(megabyte, repeat(sectionHeader{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: code, Off: contentAt, Size: 1 << 20})...),
			"more than 268435456 bytes",
		},
		"a section behind the end": {
			image(nil, sectionHeader{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: code, Off: 1 << 40, Size: 1 << 20}),
			"section a.text, offset 0x0:",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := load.Parse(c.image)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, c.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(600<<20))
		})
	}
}
