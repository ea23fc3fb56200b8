package vlog

import "strings"

// Kind is the kind of one line of a log.
type Kind uint8

// Kinds of lines.
const (
	KindBlank   Kind = iota
	KindMessage      // anything that is not known to be something else
	KindInsn         // "5: (07) r1 += 4", with the registers it changed since 5.16
	KindState        // "5: R0=0 R1=ctx()": registers before an instruction
	KindBranch       // "from 5 to 9: R0=0": a postponed path is taken up
	KindSafe         // "9: safe", "from 5 to 9: safe": a state that was seen before
	KindSource       // "; return 0; @ prog.c:12"
	KindFunc         // "func#1 @12": where a subprogram begins
	KindLive         // "5: .12....... (07) r1 += 4": registers that are read later
	KindFrame        // lines about calls: "caller:", " frame1: R6=1", "to caller at 7:"
	KindTrace        // precision tracking and comparison of states
	KindStats        // the summary at the end
)

// prefixes tell lines by how they begin.
var prefixes = []struct {
	prefix string
	kind   Kind
}{
	{";", KindSource},
	{"processed ", KindStats},
	{"verification time ", KindStats},
	{"stack depth ", KindStats},
	{"insns processed ", KindStats}, // 7.x: by subprogram
	{"func#", KindFunc},
	{"Live regs before insn:", KindLive},
	{"subprog#", KindTrace}, // 7.x: where the stack is used
	{"stack use/def ", KindTrace},
	{"topo_order[", KindTrace},
	{"SCC ", KindTrace}, // loops
	{"caller:", KindFrame},
	{"returning from callee:", KindFrame},
	{"to caller at ", KindFrame},
	{"mark_precise:", KindTrace},
	{"propagating ", KindTrace},
	{"last_idx ", KindTrace},
	{"regs=", KindTrace},
	{"parent ", KindTrace},
	{"cur state:", KindTrace},
	{"old state:", KindTrace},
}

// Classify tells what a line is. It does not allocate.
func Classify(line string) Kind {
	line = strings.TrimLeft(line, " \t")
	if line == "" {
		return KindBlank
	}
	for _, row := range prefixes {
		if strings.HasPrefix(line, row.prefix) {
			return row.kind
		}
	}
	if _, _, ok := cutFrame(line); ok {
		return KindFrame
	}
	if _, _, rest, ok := cutBranch(line); ok {
		return stateOrSafe(rest, KindBranch)
	}
	if _, rest, ok := cutIndex(line); ok {
		if opcode(rest) {
			return KindInsn
		}
		if liveRegs(rest) {
			return KindLive
		}
		return stateOrSafe(rest, KindState)
	}
	if inLoop(line) {
		return KindLive
	}
	// A state in the report of an infinite loop, or the liveness of the stack.
	if isRegister(line) || liveStack(line) || strings.HasPrefix(line, "frame ") && strings.Contains(line, ": propagating ") {
		return KindTrace
	}
	return KindMessage
}

func stateOrSafe(rest string, kind Kind) Kind {
	if strings.HasPrefix(rest, "safe") {
		return KindSafe
	}
	return kind
}

// cutIndex splits "12: rest".
func cutIndex(line string) (insn int, rest string, ok bool) {
	n, rest, ok := cutNumber(line)
	if !ok || !strings.HasPrefix(rest, ":") {
		return 0, "", false
	}
	return n, strings.TrimLeft(rest[1:], " "), true
}

// cutFrame splits "frame1: rest".
func cutFrame(line string) (frame int, rest string, ok bool) {
	if line, ok = strings.CutPrefix(line, "frame"); !ok {
		return 0, "", false
	}
	return cutIndex(line)
}

// cutBranch splits "from 3 to 7: rest" and "from 3 to 7 (speculative
// execution): rest".
func cutBranch(line string) (from, to int, rest string, ok bool) {
	line, ok = strings.CutPrefix(line, "from ")
	if !ok {
		return 0, 0, "", false
	}
	if from, line, ok = cutNumber(line); !ok {
		return 0, 0, "", false
	}
	if line, ok = strings.CutPrefix(line, " to "); !ok {
		return 0, 0, "", false
	}
	if to, line, ok = cutNumber(line); !ok {
		return 0, 0, "", false
	}
	line = strings.TrimPrefix(line, " (speculative execution)")
	if line, ok = strings.CutPrefix(line, ":"); !ok {
		return 0, 0, "", false
	}
	return from, to, strings.TrimLeft(line, " "), true
}

const maxIndex = 1 << 24 // more slots than any program has

func cutNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if n = 10*n + int(s[i]-'0'); n > maxIndex {
			return 0, "", false
		}
	}
	return n, s[i:], i > 0
}

// opcode tells "(b7) r0 = 0", and "BUG_db", which the kernel writes for operations
// that it does not know.
func opcode(s string) bool {
	return strings.HasPrefix(s, "BUG_") || len(s) >= 4 && s[0] == '(' && hexDigit(s[1]) && hexDigit(s[2]) && s[3] == ')'
}

// liveStack tells "(10,17) frame 0 insn 18 +live -8,-16", where the numbers in
// front are call sites.
func liveStack(s string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(s, "("), "0123456789,")
	return len(rest) < len(s)-1 && s[0] == '(' &&
		(strings.HasPrefix(rest, ") frame ") || strings.HasPrefix(rest, ") live stack update "))
}

// inLoop tells a line of live registers with the number of a loop in front,
// "1  15: .1234..... (85) call 181".
func inLoop(line string) bool {
	_, rest, ok := cutNumber(line)
	if !ok || !strings.HasPrefix(rest, " ") {
		return false
	}
	_, rest, ok = cutIndex(strings.TrimLeft(rest, " "))
	return ok && liveRegs(rest)
}

// liveRegs tells ".1....6... (b7) r0 = 0": a digit for each register that lives.
func liveRegs(s string) bool {
	return len(s) > numLive && s[numLive] == ' ' && strings.Trim(s[:numLive], ".0123456789") == ""
}

// numLive counts the registers whose liveness is printed, R0 to R9.
const numLive = 10

func hexDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// isRegister tells the beginning of a dumped state, "R1=ctx()" or "R0_w=inv1".
func isRegister(s string) bool {
	if len(s) < 3 || s[0] != 'R' {
		return false
	}
	_, rest, ok := cutNumber(s[1:])
	if !ok {
		return false
	}
	name, _, found := strings.Cut(rest, "=")
	return found && (name == "" || strings.HasPrefix(name, "_") && !strings.Contains(name, " "))
}
