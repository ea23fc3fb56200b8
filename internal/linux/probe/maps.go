package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

var native = binary.LittleEndian

// numMapTypes is beyond the last type of any kernel.
const numMapTypes = 40

// usualMap is a definition that kernels which have the type accept.
func usualMap(typ uint32, v *valueTypes, inner uint32) mapSpec {
	m := mapSpec{typ: typ, key: 4, value: 32, entries: 4}
	switch typ {
	case 3, 4, 8, 14, 15, 16, 17, 18, 20, 25: // descriptors
		m.value = 4
	case 7: // stack traces
		m.value = 8 * 16
	case 11: // longest prefix
		m.key, m.flags = 8, 1
	case 12, 13: // maps in maps
		m.value, m.inner = 4, inner
	case 19, 21: // cgroup storage
		m.key, m.entries = 16, 0
	case 22, 23, 30: // queue, stack, bloom filter
		m.key = 0
	case 24, 28, 29, 32: // storage of sockets, inodes, tasks, cgroups
		m.entries, m.flags = 0, 1
		m.btf, m.btfKey, m.btfValue = v.fd, v.ids["int"], v.ids["plain"]
	case 26: // struct_ops: needs a type of the kernel
		m.entries = 1
	case 27, 31: // ring buffers
		m.key, m.value, m.entries = 0, 0, uint32(os.Getpagesize())
	case 33: // arena
		m.key, m.value, m.flags, m.extra = 0, 0, 1<<10, 1<<32
	case 34: // instruction array
		m.value = 16
	case 35: // resizable hash
		m.flags = 1
	}
	return m
}

// mapProbe asks about one map type.
type mapProbe struct {
	w     io.Writer
	l     *loader
	v     *valueTypes
	inner uint32
	typ   uint32
	usual mapSpec
	fd    int
}

// printMaps writes what the kernel says about map types: type, question,
// answers.
func printMaps(w io.Writer) error {
	v, err := loadValueTypes()
	if err != nil {
		return fmt.Errorf("BTF: %w", err)
	}
	inner, errno := createMap(mapSpec{typ: 2, key: 4, value: 4, entries: 1})
	if errno != 0 {
		return errno
	}
	l := newLoader()
	fds := map[uint32]int{}
	for typ := uint32(1); typ < numMapTypes; typ++ {
		p := mapProbe{w: w, l: l, v: v, inner: uint32(inner), typ: typ, usual: usualMap(typ, v, uint32(inner))}
		if p.fd, errno = createMap(p.usual); errno != 0 {
			fmt.Fprintf(w, "%d\tcreate\t%s\n", typ, errnoName(errno))
			continue
		}
		fds[typ] = p.fd
		p.ask()
	}
	printMapCalls(w, l, fds)
	return nil
}

func (p *mapProbe) say(question, answer string) {
	fmt.Fprintf(p.w, "%d\t%s\t%s\n", p.typ, question, answer)
}

func (p *mapProbe) ask() {
	p.say("create", "ok")
	p.say("keys", p.accepted([]uint32{0, 1, 2, 4, 5, 8, 12, 16, 17, 64, 260, 264, 512, 513, 1024}, func(m *mapSpec, n uint32) { m.key = n }))
	p.say("values", p.accepted([]uint32{0, 1, 4, 8, 12, 16, 24, 64, 128, 1016, 1024, 65536}, func(m *mapSpec, n uint32) {
		if m.value = n; m.btf != 0 {
			m.btf, m.btfKey, m.btfValue = 0, 0, 0
		}
	}))
	p.say("entries", p.accepted([]uint32{0, 1, 2, 3, 4, 4096, 8192, 12288}, func(m *mapSpec, n uint32) { m.entries = n }))
	flags := p.accepted(numbers(0, 20), func(m *mapSpec, bit uint32) { m.flags |= 1 << bit })
	p.say("flags", flags+" without "+p.accepted(numbers(0, 20), func(m *mapSpec, bit uint32) { m.flags &^= 1 << bit }))
	p.fields()
	for _, outer := range []uint32{12, 13} {
		m := mapSpec{typ: outer, key: 4, value: 4, entries: 2, inner: uint32(p.fd)}
		p.say(fmt.Sprintf("inner of %d", outer), result(tryMap(m), ""))
	}
	p.programs()
}

// accepted lists the values that leave the usual definition acceptable.
func (p *mapProbe) accepted(values []uint32, set func(*mapSpec, uint32)) string {
	var ok []uint32
	for _, n := range values {
		m := p.usual
		if set(&m, n); tryMap(m) == 0 {
			ok = append(ok, n)
		}
	}
	return ranges(ok)
}

func tryMap(m mapSpec) unix.Errno {
	fd, errno := createMap(m)
	if errno == 0 {
		unix.Close(fd)
	}
	return errno
}

func result(errno unix.Errno, message string) string {
	if errno == 0 {
		return "ok"
	}
	return strings.TrimSpace(errnoName(errno) + " " + message)
}

// fields tells which special fields the values may have.
func (p *mapProbe) fields() {
	if p.usual.value != 32 {
		return
	}
	for _, name := range []string{"plain", "bpf_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_res_spin_lock", "bpf_refcount"} {
		m := p.usual
		m.btf, m.btfKey, m.btfValue = p.v.fd, p.v.ids["int"], p.v.ids[name]
		if m.key == 0 {
			m.btfKey = 0
		}
		fd, errno := createMap(m)
		p.say("field "+name, result(errno, ""))
		if errno != 0 || name == "plain" || p.typ != 2 {
			continue
		}
		for _, h := range mapHooks {
			errno, log := p.l.load(h.program(append(mapFD(1, fd), movImm(0, 0), exit())...))
			if errno != 0 {
				p.say(fmt.Sprintf("field %s in %d %v", name, h.typ, h.sleepable), result(errno, lastLine(log)))
			}
		}
		unix.Close(fd)
	}
}

// mapHooks are the kinds of programs that maps tell apart.
var mapHooks = []hook{
	{typ: 1}, {typ: 2}, {typ: 3}, {typ: 5}, {typ: 6}, {typ: 7}, {typ: 8}, {typ: 17}, {typ: 24}, {typ: 2, sleepable: true}, {typ: 31, sleepable: true},
}

// programs tells which programs may name the map at all, and use its value
// directly.
func (p *mapProbe) programs() {
	for _, h := range mapHooks {
		if errno, _ := p.l.load(h.program(movImm(0, 0), exit())); errno != 0 {
			continue
		}
		errno, log := p.l.load(h.program(append(mapFD(1, p.fd), movImm(0, 0), exit())...))
		if errno != 0 {
			p.say(fmt.Sprintf("in %d %v", h.typ, h.sleepable), result(errno, lastLine(log)))
		}
	}
	errno, log := p.l.load(hook{typ: 3}.program(append(mapValue(1, p.fd), movImm(0, 0), exit())...))
	p.say("direct", result(errno, lastLine(log)))
}

// mapCall is how to call a helper with a map: a letter per argument.
//
//	c context, m map, k zeroed memory, 0 zero, 8 the number eight, s a socket or null checked before
type mapCall struct {
	helper int32
	typ    uint32
	args   string
}

var mapCalls = []mapCall{
	{1, 3, "mk"}, {2, 3, "mkk0"}, {3, 3, "mk"}, {12, 3, "cm0"}, {22, 2, "m0"}, {25, 2, "cm0k8"}, {27, 2, "cm0"}, {33, 3, "cm0"},
	{37, 2, "m0"}, {51, 6, "m00"}, {52, 14, "cm00"}, {53, 13, "cmk0"}, {55, 2, "m0k8"}, {60, 16, "cm00"}, {70, 13, "cmk0"},
	{71, 16, "cmk0"}, {72, 14, "cmk0"}, {81, 8, "m0"}, {82, 21, "cmk0"}, {87, 3, "mk0"}, {88, 3, "mk"}, {89, 3, "mk"},
	{107, 3, "ms00"}, {108, 3, "ms"}, {130, 3, "mk80"}, {131, 3, "m80"}, {134, 3, "m0"}, {195, 3, "mk0"},
	{2, 13, "mkk0"}, {3, 13, "mk"}, {2, 14, "mkk0"}, {3, 14, "mk"}, {2, 30, "mkk0"}, {2, 2, "mkk0"}, {3, 2, "mk"},
}

func (c mapCall) insns(fd int) []insn {
	out := []insn{movReg(6, 1)}
	for off := -256; off < 0; off += 8 {
		out = append(out, storeImm(8, 10, off, 0))
	}
	if strings.Contains(c.args, "s") {
		out = append(out, load(8, 7, 6, 168), insn{op: 0x55, regs: 7, off: 2}, movImm(0, 0), exit())
	}
	for i, letter := range c.args {
		reg := uint8(i + 1)
		switch letter {
		case 'c':
			out = append(out, movReg(reg, 6))
		case 'm':
			out = append(out, mapFD(reg, fd)...)
		case 'k':
			out = append(out, movReg(reg, 10), addImm(reg, -256))
		case 's':
			out = append(out, movReg(reg, 7))
		default:
			out = append(out, movImm(reg, int32(letter-'0')))
		}
	}
	return append(out, call(c.helper), movImm(0, 0), exit())
}

// printMapCalls writes which map types each helper takes: helper, program
// type, types; then every other refusal.
func printMapCalls(w io.Writer, l *loader, fds map[uint32]int) {
	for _, c := range mapCalls {
		h := hook{typ: c.typ, attach: 36 * b2u(c.typ == 30)}
		if refusedBy(l, h, c) {
			continue
		}
		var takes []uint32
		others := map[string][]uint32{}
		for typ, fd := range fds {
			_, log := l.load(h.program(c.insns(fd)...))
			if strings.Contains(log, "cannot pass map_type") {
				continue
			}
			takes = append(takes, typ)
			if line := lastLine(log); line != "" && !strings.Contains(line, "insns") {
				line = number.ReplaceAllString(line, "N")
				others[line] = append(others[line], typ)
			}
		}
		slices.Sort(takes)
		fmt.Fprintf(w, "-\tcall %d from %d\t%s\n", c.helper, c.typ, ranges(takes))
		for line, types := range others {
			slices.Sort(types)
			fmt.Fprintf(w, "-\tcall %d from %d says\t%s\t%s\n", c.helper, c.typ, ranges(types), line)
		}
	}
}

func refusedBy(l *loader, h hook, c mapCall) bool {
	_, log := l.load(h.program(call(c.helper), movImm(0, 0), exit()))
	return refused(log)
}

func b2u(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
