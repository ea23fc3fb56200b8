package main

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// memory reads the running kernel's data through /proc/kcore and names its
// addresses through /proc/kallsyms. Both need root, CONFIG_KALLSYMS_ALL and
// CONFIG_PROC_KCORE.
type memory struct {
	file   *os.File
	segs   []elf.ProgHeader
	addr   map[string]uint64 // of vmlinux; a name may stand for several symbols
	name   map[uint64]string
	byName []symbol // in the order of kallsyms
}

type symbol struct {
	name string
	addr uint64
}

func openMemory() (*memory, error) {
	m := &memory{addr: map[string]uint64{}, name: map[uint64]string{}}
	if err := m.readSymbols(); err != nil {
		return nil, err
	}
	f, err := os.Open("/proc/kcore")
	if err != nil {
		return nil, err
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return nil, fmt.Errorf("/proc/kcore: %w", err)
	}
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD {
			m.segs = append(m.segs, p.ProgHeader)
		}
	}
	m.file = f
	return m, nil
}

func (m *memory) readSymbols() error {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 { // a module's symbol has a fourth
			continue
		}
		addr, err := strconv.ParseUint(words[0], 16, 64)
		if err != nil {
			return err
		}
		m.addr[words[2]] = addr
		if _, ok := m.name[addr]; !ok {
			m.name[addr] = words[2]
		}
		m.byName = append(m.byName, symbol{words[2], addr})
	}
	return lines.Err()
}

// read returns n bytes at a kernel address.
func (m *memory) read(addr uint64, n int) ([]byte, error) {
	for _, s := range m.segs {
		if addr >= s.Vaddr && addr+uint64(n) <= s.Vaddr+s.Filesz {
			buf := make([]byte, n)
			_, err := m.file.ReadAt(buf, int64(addr-s.Vaddr+s.Off))
			return buf, err
		}
	}
	return nil, fmt.Errorf("kernel address %#x is not in /proc/kcore", addr)
}

func (m *memory) u32(addr uint64) (uint32, error) {
	b, err := m.read(addr, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}
