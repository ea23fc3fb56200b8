package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// contextEnd bounds the offsets that are tried; contexts without a fixed
// layout (tracepoint, syscall) are known to be larger.
const contextEnd = 288

// access is what one load or store of the context may do.
type access struct {
	size int
	mode string // "r", then "w" with a register, "i" with an immediate; "-" for a refusal in other words
	typ  string // of what is loaded
}

// contextProbe asks about one hook.
type contextProbe struct {
	l        *loader
	h        hook
	ret      int32     // a value that the hook's programs may return
	baseline [9]string // what an unknown number of each size looks like
	fields   map[access][]uint32
	failures map[string]bool // what is said about bad loads, without numbers
}

// printContexts writes how programs of each untyped hook may use their
// context: hook, size, mode, type and the offsets; then what is said of other
// loads, and whether packets can be read and written.
func printContexts(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	l := newLoader()
	array, errno := createMap(mapSpec{typ: 2, key: 4, value: 64, entries: 1})
	if errno != 0 {
		return fmt.Errorf("array map: %w", errno)
	}
	for _, h := range allHooks(spec) {
		if h.target != "" || !h.ownContext() || h.loadableWith(l) == "" {
			continue
		}
		c := contextProbe{l: l, h: h, fields: map[access][]uint32{}, failures: map[string]bool{}}
		if errno, _ := l.load(h.program(movImm(0, 0), exit())); errno != 0 {
			c.ret = 1
		}
		for _, size := range []int{1, 2, 4, 8} {
			_, log := c.load(append(mapValue(1, array), load(size, 0, 1, 0))...)
			c.baseline[size] = loadedType(log)
		}
		c.scan()
		c.print(w)
	}
	return nil
}

// ownContext tells the hooks whose context is not that of another one of their
// type: full scans of 5.10 and 6.18 showed that only these types look at the
// attach type.
func (h hook) ownContext() bool {
	switch h.typ {
	case 6, 9, 18, 25:
		return true
	case 31:
		return h.sleepable
	}
	return !h.sleepable && h.attach == plain[h.typ][0]
}

// load appends a proper exit.
func (c *contextProbe) load(insns ...insn) (bool, string) {
	p := c.h.program(append(insns, movImm(0, c.ret), exit())...)
	p.level = 2
	errno, log := c.l.load(p)
	return errno == 0, log
}

// scan tries every aligned access; unaligned ones are tried at the start, to
// show that no kernel has any.
func (c *contextProbe) scan() {
	for _, size := range []int{1, 2, 4, 8} {
		for off := range contextEnd {
			if off%size == 0 || off < 24 {
				c.try(size, off)
			}
		}
	}
}

const badAccess = "invalid bpf_context access off=N size=N"

var number = regexp.MustCompile(`-?\b(0x[0-9a-f]+|\d+)\b`)

func (c *contextProbe) try(size, off int) {
	a := access{size: size, mode: "r"}
	ok, log := c.load(load(size, 0, 1, off))
	if !ok {
		message := number.ReplaceAllString(lastLine(log), "N")
		if c.failures[message] = true; message != badAccess {
			c.fields[access{size, "-", message}] = append(c.fields[access{size, "-", message}], uint32(off))
		}
		return
	}
	if a.typ = loadedType(log); a.typ == c.baseline[size] {
		a.typ = "scalar"
	}
	if ok, _ := c.load(movImm(0, 0), storeReg(size, 1, 0, off)); ok {
		a.mode += "w"
		if ok, _ := c.load(storeImm(size, 1, off, 0)); ok {
			a.mode += "i"
		}
	}
	c.fields[a] = append(c.fields[a], uint32(off))
}

func (c *contextProbe) print(w io.Writer) {
	var rows []string
	for a, offs := range c.fields {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s\t%s", c.h, a.size, a.mode, a.typ, strided(offs)))
	}
	slices.Sort(rows)
	if last := c.last(); last >= 0 {
		rows = append(rows, fmt.Sprintf("%s\tlast\t%d", c.h, last))
	}
	for f := range c.failures {
		rows = append(rows, fmt.Sprintf("%s\tfail\t%s", c.h, f))
	}
	if text := c.packet(); text != "" {
		rows = append(rows, fmt.Sprintf("%s\tpacket\t%s", c.h, text))
	}
	for _, r := range rows {
		fmt.Fprintln(w, r)
	}
}

// last finds the last readable byte of a context that is larger than what was
// scanned, -1 for others.
func (c *contextProbe) last() int {
	good, bad := contextEnd-1, 1<<15
	if ok, _ := c.load(load(1, 0, 1, good)); !ok {
		return -1
	}
	for good+1 < bad {
		mid := (good + bad) / 2
		if ok, _ := c.load(load(1, 0, 1, mid)); ok {
			good = mid
		} else {
			bad = mid
		}
	}
	return good
}

var r0 = regexp.MustCompile(`R0(?:_[rw]+)?=(\S+)`)

// loadedType finds the first state of R0 in a log of level 2.
func loadedType(log string) string {
	m := r0.FindStringSubmatch(log)
	if m == nil {
		return "?"
	}
	return identity.ReplaceAllString(m[1], "")
}

var identity = regexp.MustCompile(`(id|ref_obj_id)=\d+,?`)

// packet reads and writes the first byte of the packet, if the context leads
// to one.
func (c *contextProbe) packet() string {
	begin, beginSize := c.field("pkt(")
	end, endSize := c.field("pkt_end(")
	if beginSize == 0 || endSize == 0 {
		return ""
	}
	check := []insn{
		load(beginSize, 2, 1, begin), load(endSize, 3, 1, end),
		movReg(4, 2), addImm(4, 8), {op: 0x2d, regs: 4 | 3<<4, off: 1}, // to the access when it does not reach beyond the end
	}
	var out []string
	for _, use := range []insn{load(1, 0, 2, 0), storeImm(1, 2, 0, 0)} {
		if ok, log := c.load(append(slices.Clone(check), use)...); ok {
			out = append(out, "ok")
		} else {
			out = append(out, lastLine(log))
		}
	}
	return strings.Join(out, "\t")
}

func (c *contextProbe) field(prefix string) (off, size int) {
	for a, offs := range c.fields {
		if strings.HasPrefix(a.typ, prefix) || a.typ+"(" == prefix {
			return int(offs[0]), a.size
		}
	}
	return 0, 0
}

// strided spells increasing offsets as "0-12/4 20".
func strided(offs []uint32) string {
	var words []string
	for i := 0; i < len(offs); {
		if i+1 == len(offs) {
			words = append(words, fmt.Sprint(offs[i]))
			break
		}
		step, j := offs[i+1]-offs[i], i+1
		for j+1 < len(offs) && offs[j+1]-offs[j] == step {
			j++
		}
		if j == i+1 && step > 8 { // two that have nothing to do with each other
			words = append(words, fmt.Sprint(offs[i]))
			i++
			continue
		}
		words = append(words, fmt.Sprintf("%d-%d/%d", offs[i], offs[j], step))
		i = j + 1
	}
	return strings.Join(words, " ")
}
