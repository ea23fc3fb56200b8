package scalar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/bpflint/bpflint/cfg"
)

// A line of a verifier log, as far as scalars are concerned.
type line struct {
	kind kind
	insn int
	to   int
	regs []reg // scalar registers that the line shows
}

type reg struct {
	no   int
	text string // without its link and precision mark
}

type kind uint8

const (
	lineInsn  kind = iota // the instruction and, in newer logs, what it changed
	lineFrom              // a path is taken up; its state
	lineState             // the state before an instruction, in older logs
	lineSafe              // a path ends since its state is known
)

var (
	insnLine  = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) .*?(?:; (R\d.*))?$`)
	fromLine  = regexp.MustCompile(`^from (\d+) to (\d+): ?(.*)$`)
	stateLine = regexp.MustCompile(`^(\d+): ?(R\d.*|safe)$`)
	regStart  = regexp.MustCompile(`\bR(\d+)(?:_[rwD]+)?=`)
	linkAttr  = regexp.MustCompile(`\bid=\d+([+-]\d+)?,?`)
)

// parseLog reads the lines of a log of level 2 that say something of scalars.
func parseLog(log string) []line {
	var out []line
	if start := strings.Index(log, "\n0: R1=ctx("); start >= 0 { // listings come first
		log = log[start+1:]
	}
	for text := range strings.Lines(log) {
		text = strings.TrimRight(text, " \n")
		if m := insnLine.FindStringSubmatch(text); m != nil {
			out = append(out, line{lineInsn, atoi(m[1]), 0, parseRegs(m[2])})
		} else if m := fromLine.FindStringSubmatch(text); m != nil {
			out = append(out, endOr(lineFrom, atoi(m[1]), atoi(m[2]), m[3]))
		} else if m := stateLine.FindStringSubmatch(text); m != nil {
			out = append(out, endOr(lineState, atoi(m[1]), 0, m[2]))
		}
	}
	return out
}

func endOr(k kind, insn, to int, text string) line {
	if text == "safe" {
		return line{lineSafe, insn, to, nil}
	}
	return line{k, insn, to, parseRegs(text)}
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// parseRegs splits "R1_w=scalar(id=1,umax=255,var_off=(0x0; 0xff)) R2=7".
func parseRegs(text string) []reg {
	var out []reg
	at := regStart.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if s, ok := scalarText(text[m[1]:end]); ok {
			out = append(out, reg{atoi(text[m[2]:m[3]]), s})
		}
	}
	return out
}

// scalarText strips what is not knowledge about the value; it fails on pointers.
func scalarText(s string) (string, bool) {
	inv := strings.HasPrefix(s, "inv")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "inv"), "P")
	if !inv && !strings.HasPrefix(s, "scalar") && !strings.ContainsAny(s[:1], "-0123456789") {
		return "", false
	}
	// Stack slots and such may follow.
	s = s[:textEnd(s)]
	s = linkAttr.ReplaceAllString(s, "")
	return strings.Replace(s, ",)", ")", 1), true
}

// textEnd returns where a register's text ends: at the space after a number, or
// at the parenthesis that closes the first.
func textEnd(s string) int {
	depth := 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth == 1:
			return i + 1
		case c == ')':
			depth--
		case c == ' ' && depth == 0:
			return i
		}
	}
	return len(s)
}

// state is the scalar part of the kernel's state of a path.
type state struct {
	regs [numRegs]Value
	from int
	to   int
}

// replay follows a log through the domain and reports the first disagreement.
type replay struct {
	insns   []cfg.Insn
	rules   *Rules
	cur     state
	at      int // the instruction that comes next, -1 when the path is over
	last    int // the instruction before
	pending []state
	steps   int // instructions compared
}

func (p *replay) run(lines []line) error {
	for _, l := range lines {
		if err := p.line(l); err != nil {
			return err
		}
	}
	if p.at >= 0 || len(p.pending) > 0 {
		return fmt.Errorf("the log ends at %d with %d paths left", p.at, len(p.pending))
	}
	return nil
}

func (p *replay) line(l line) error {
	if p.at < 0 {
		if len(p.pending) == 0 {
			return fmt.Errorf("%d: the kernel explores a path that is not known", l.insn)
		}
		p.cur = p.pending[len(p.pending)-1]
		p.pending = p.pending[:len(p.pending)-1]
		p.at = p.cur.to
	}
	at := l.insn
	if l.kind == lineFrom || l.kind == lineSafe && l.to != 0 {
		at = l.to
	}
	if l.kind == lineState && at == p.last && at != p.at {
		return p.compare(l) // what the last instruction changed, after other lines
	}
	if at != p.at {
		return fmt.Errorf("the kernel is at %d, we are at %d", at, p.at)
	}
	switch l.kind {
	case lineSafe:
		p.at = -1
		return nil
	case lineInsn:
		p.step()
		p.steps++
	}
	return p.compare(l)
}

func (p *replay) compare(l line) error {
	for _, r := range l.regs {
		if r.no >= numRegs {
			continue
		}
		got, _ := scalarText(p.cur.regs[r.no].Format(Label{}, p.rules))
		if got != r.text {
			return fmt.Errorf("%d: R%d\nkernel %s\n  ours %s", l.insn, r.no, r.text, got)
		}
	}
	return nil
}

// step executes one instruction of those that gen writes.
func (p *replay) step() {
	i := p.insns[p.at]
	p.last = p.at
	next := p.at + 1
	dst := &p.cur.regs[min(i.Dst(), numRegs-1)]
	switch i.Class() {
	case cfg.ClassLD:
		next++
	case cfg.ClassLDX:
		p.load(dst, i)
	case cfg.ClassALU, cfg.ClassALU64:
		p.alu(dst, i)
	default:
		if i.Op == cfg.OpEXIT {
			next = -1
			break
		}
		next = p.jump(dst, i)
	}
	p.at = next
}

func (p *replay) load(dst *Value, i cfg.Insn) {
	size := map[uint8]int{cfg.SizeB: 1, cfg.SizeH: 2, cfg.SizeW: 4, cfg.SizeDW: 8}[i.Op&0x18]
	dst.SetUnknown()
	switch {
	case size == 8:
	case i.Op&0xe0 == cfg.ModeMEMSX:
		dst.SignExtend(size, p.rules)
	default:
		dst.Truncate(size, p.rules)
	}
}

func (p *replay) source(i cfg.Insn) *Value {
	if i.Op&cfg.SrcX != 0 {
		return &p.cur.regs[i.Src()]
	}
	v := Const(uint64(int64(i.Imm)))
	return &v
}

func (p *replay) alu(dst *Value, i cfg.Insn) {
	is32 := i.Class() == cfg.ClassALU
	switch i.Op & 0xf0 {
	case cfg.AluEND:
		reverse := !is32 || i.Op&cfg.SrcX != 0
		dst.Swap(int(i.Imm)/8, reverse, p.rules)
	case cfg.AluNEG:
		dst.Neg(is32, p.rules)
	case cfg.AluMOV:
		p.move(dst, i, is32)
	default:
		src := *p.source(i)
		if zero, ones, ok := dst.Fork(OpOf(i), &src, p.rules); ok {
			other := p.cur
			other.regs[i.Dst()] = zero
			other.from, other.to = p.at, p.at
			p.pending = append(p.pending, other)
			*dst = ones
		}
		if is32 {
			Alu32(OpOf(i), dst, &src, p.rules)
		} else {
			Alu64(OpOf(i), dst, &src, p.rules)
		}
	}
}

func (p *replay) move(dst *Value, i cfg.Insn, is32 bool) {
	*dst = *p.source(i)
	switch {
	case i.Op&cfg.SrcX == 0 && is32:
		dst.SetConst(uint64(uint32(i.Imm)))
	case i.Off != 0:
		dst.MovSX(int(i.Off)/8, is32, p.rules)
	case is32:
		dst.Mov32(p.rules)
	}
}

func (p *replay) jump(dst *Value, i cfg.Insn) int {
	is32 := i.Class() == cfg.ClassJMP32
	c, src, next, target := CondOf(i), p.source(i), p.at+1, p.at+1+int(i.Off)
	switch Branch(c, is32, dst, src, p.rules) {
	case Always:
		return target
	case Never:
		return next
	}
	other := p.cur
	other.from, other.to = p.at, target
	taken := *src
	takenSrc := &taken
	if i.Op&cfg.SrcX != 0 {
		takenSrc = &other.regs[i.Src()]
	}
	Refine(c, is32, true, &other.regs[i.Dst()], takenSrc, p.rules)
	p.pending = append(p.pending, other)
	Refine(c, is32, false, dst, src, p.rules)
	return next
}
