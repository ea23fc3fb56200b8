package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hook collects what the probes said of one hook of one kernel.
type hook struct {
	typ, attach int
	target      string
	typed       bool // attached through BTF
	sleepable   bool
	caps        string // the least set that loads it
	ret         string // Go text
	packet      string
	calls       [4]string // hexadecimal, by call level
	variants    []string
	context     []string // rows as Go
}

// lsm is a program type with hundreds of hooks; the probes say of most of them
// that they are like the first one.
const lsm = 29

// key joins the four columns that name a hook.
func key(r []string) string { return strings.Join(r[:4], "\t") }

// class is what a merged row is found by.
func (h *hook) class() string { return fmt.Sprint(h.typ, " ", h.classAttach(), " ", h.sleepable) }

// classAttach is zero for struct_ops, where it is the index of a member.
func (h *hook) classAttach() int {
	if h.typ == 27 {
		return 0
	}
	return h.attach
}

// tables hold everything that rows refer to by index.
type tables struct {
	sets, variants, contexts index
}

// index numbers distinct texts in the order of their first use.
type index struct {
	texts []string
	at    map[string]int
}

func (x *index) of(text string) int {
	if x.at == nil {
		x.at = map[string]int{}
	}
	if _, ok := x.at[text]; !ok {
		x.at[text] = len(x.texts)
		x.texts = append(x.texts, text)
	}
	return x.at[text]
}

// hookRow is a row of the generated table.
type hookRow struct {
	class   string
	text    string
	targets string
	typ     int
	attach  int
	kernels uint8
}

func hooks() error {
	t := &tables{}
	t.sets.of("0")
	t.variants.of("")
	t.contexts.of("")
	merged := map[string]*hookRow{}
	var order []*hookRow
	lenient := map[int]bool{}
	for k, kernel := range kernels {
		hs, err := readHooks(kernel, k)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not measured yet
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kernel, err)
		}
		if err := readLenient(kernel, lenient); err != nil {
			return err
		}
		for _, r := range dropDefaults(group(hs, t), lenient) {
			at := r.class + r.text + r.targets
			if merged[at] == nil {
				merged[at] = r
				order = append(order, r)
			}
			merged[at].kernels |= 1 << k
		}
	}
	slices.SortStableFunc(order, func(a, b *hookRow) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.attach, b.attach), cmp.Compare(a.class, b.class), cmp.Compare(a.targets, b.targets), cmp.Compare(a.kernels, b.kernels))
	})
	var b bytes.Buffer
	var mask uint64
	for typ := range lenient {
		mask |= 1 << typ
	}
	fmt.Fprintf(&b, "// anyAttach has a bit for every program type that can be loaded with any expected attach type.\nconst anyAttach uint64 = %#x\n\n", mask)
	b.WriteString("var hooks = []Hook{\n")
	for _, r := range order {
		targets := ""
		if r.targets != "" {
			targets = fmt.Sprintf(", Targets: %q", " "+r.targets+" ")
		}
		fmt.Fprintf(&b, "{Kernels: %s, Type: %d%s%s},\n", kernelSet(r.kernels), r.typ, r.text, targets)
	}
	b.WriteString("}\n\n")
	t.writeSets(&b)
	if err := write("hooks_gen.go", &b); err != nil {
		return err
	}
	return t.writeContexts()
}

// readHooks joins the tables of one kernel, sorted by type, attach type and
// target.
func readHooks(kernel string, k int) ([]*hook, error) {
	list, err := rows(kernel, "hooks.tsv")
	if err != nil {
		return nil, err
	}
	full = map[string]*big.Int{}
	byKey := map[string]*hook{}
	var all []*hook
	for _, r := range list {
		if r[4] == "-" {
			continue
		}
		for _, target := range strings.Split(r[2], " ") {
			h := &hook{sleepable: r[3] == "s", typed: target != "", target: targetName(target), caps: strings.Fields(r[4])[0]}
			h.typ, _ = strconv.Atoi(r[0])
			h.attach, _ = strconv.Atoi(r[1])
			if h.ret, err = retRange(r[5:]); err != nil {
				return nil, fmt.Errorf("%s: %w", key(r), err)
			}
			byKey[strings.Join([]string{r[0], r[1], target, r[3]}, "\t")] = h
			all = append(all, h)
		}
	}
	for name, use := range map[string]func(*hook, []string) error{
		"calls": (*hook).addCalls, "context": (*hook).addContext, "variants": (*hook).addVariant,
	} {
		table, err := rows(kernel, name+".tsv")
		if err != nil {
			return nil, err
		}
		for _, r := range table {
			h := byKey[key(r)]
			if h == nil {
				return nil, fmt.Errorf("%s: no hook %s", name, key(r))
			}
			if err := use(h, r[4:]); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, key(r), err)
			}
		}
	}
	first := map[string]*hook{}
	context := map[int]*hook{} // most types have one layout for all attach types
	for _, h := range all {
		if len(h.context) > 0 && context[h.typ] == nil {
			context[h.typ] = h
		}
	}
	for _, h := range all {
		h.dropVariants(k)
		if c := context[h.typ]; len(h.context) == 0 && !h.typed && c != nil {
			h.context, h.packet = slices.Clone(c.context), c.packet
		}
		if f := first[h.class()]; f == nil {
			first[h.class()] = h
		} else if h.typ == lsm {
			h.variants = f.variants
			if h.calls[3] == "" {
				h.calls = f.calls
			}
		}
	}
	return all, nil
}

// targetName drops the kind, the prefixes that all hooks of LSM and iterators
// have, and the names that stand for any function.
func targetName(s string) string {
	kind, name, _ := strings.Cut(s, ":")
	if kind == "struct_ops" {
		return name
	}
	for _, prefix := range []string{"bpf_lsm_", "bpf_iter_"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return ""
}

var bounds = regexp.MustCompile(`should have been in (?:\[(-?\d+), (-?\d+)\]|\(0x([0-9a-f]+); 0x([0-9a-f]+)\))`)

// retRange reads what happened to programs that returned 0, 1, unknown
// numbers and a pointer.
func retRange(said []string) (string, error) {
	if len(said) == 0 {
		return "", nil
	}
	if strings.HasPrefix(said[2], "Note, BPF_LSM_CGROUP") {
		return ", Ret: RetRange{1, 1, true, true}", nil
	}
	m := bounds.FindStringSubmatch(said[2])
	switch {
	case strings.Contains(said[2], "reference leak"):
		return "", nil
	case m == nil:
		return "", fmt.Errorf("no range in %q", said[2])
	case m[1] != "":
		return fmt.Sprintf(", Ret: RetRange{%s, %s, true, false}", m[1], m[2]), nil
	}
	value, _ := strconv.ParseUint(m[3], 16, 32)
	mask, _ := strconv.ParseUint(m[4], 16, 32)
	return fmt.Sprintf(", Ret: RetRange{%d, %d, true, false}", value, value|mask), nil
}

// full holds the helpers of the first hook of each class of typed hooks; the
// others were asked about some helpers only.
var full map[string]*big.Int

func (h *hook) addCalls(r []string) error {
	var set, asked big.Int
	set.SetString(r[1], 16)
	if len(r) > 2 {
		asked.SetString(strings.TrimPrefix(r[2], "of "), 16)
		first := full[h.class()]
		if first == nil {
			awake := *h
			awake.sleepable = false
			if first = full[awake.class()]; first == nil {
				return errors.New("no hook was asked about all helpers")
			}
			full[h.class()] = &set
		}
		set.Or(&set, new(big.Int).AndNot(first, &asked))
		r[1] = set.Text(16)
	} else if h.typed && full[h.class()] == nil {
		full[h.class()] = &set
	}
	for _, caps := range strings.Fields(r[0]) {
		level, ok := map[string]int{"none": 0, "bpf": 1, "bpf,net_admin": 1, "bpf,perfmon": 2, "bpf,perfmon,net_admin": 2, "all": 3}[caps]
		if !ok {
			return fmt.Errorf("capabilities %q", caps)
		}
		if h.calls[level] != "" && h.calls[level] != r[1] {
			return errors.New("CAP_NET_ADMIN decides about a helper")
		}
		h.calls[level] = r[1]
	}
	if h.typed {
		h.calls[2] = h.calls[3] // asked with all capabilities only: the untyped hooks show no difference
	}
	return nil
}

func (h *hook) addVariant(r []string) error {
	h.variants = append(h.variants, fmt.Sprintf("{%s, %s}", r[0], r[1]))
	return nil
}

// otherVariants are those that no load tells apart. They follow from the type.
var otherVariants = []struct {
	typ  int
	text string
}{
	{9, "{107, CgroupSock}"},
	{17, "{67, RawTP}"}, {24, "{67, RawTP}"}, {26, "{67, RawTP}"}, {29, "{67, RawTP}"}, {31, "{67, RawTP}"},
	{18, "{84, SockAddr}"}, {18, "{85, SockAddr}"}, {18, "{99, SockAddr}"},
	{30, "{124, SkLookup}"},
	{26, "{107, TypedSock}"}, {26, "{108, TypedSock}"}, {26, "{188, XDPBuff}"}, {29, "{188, XDPBuff}"},
	{31, "{107, TypedSock}"}, {31, "{108, TypedSock}"}, {31, "{188, XDPBuff}"},
}

// dropVariants adds the variants that follow from the type and drops those
// that this kernel has no prototype for.
func (h *hook) dropVariants(k int) {
	for _, o := range otherVariants {
		if o.typ == h.typ {
			h.variants = append(h.variants, o.text)
		}
	}
	if h.sleepable {
		h.variants = append(h.variants, "{141, Sleepable}")
		if h.typ == 2 { // the others get the prototype of raw tracepoints
			h.variants = append(h.variants, "{67, Sleepable}")
		}
	}
	h.variants = slices.DeleteFunc(h.variants, func(s string) bool { return variantKernels[s]>>k&1 == 0 })
	slices.Sort(h.variants)
}

// variantKernels says where a prototype "{ID, VARIANT}" exists; helpers fills it.
var variantKernels = map[string]uint8{}

func (h *hook) addContext(r []string) error {
	switch r[0] {
	case "fail":
		if r[1] != "invalid bpf_context access off=N size=N" && !strings.HasPrefix(r[1], "bpf verifier is misconfigured") {
			return fmt.Errorf("a failure of its own: %q", r[1])
		}
		return nil
	case "packet":
		h.packet = ", Packet: PacketRead"
		if r[2] == "ok" {
			h.packet = ", Packet: PacketWrite"
		}
		return nil
	case "last":
		return nil
	}
	fields, err := fieldRows(r)
	h.context = append(h.context, fields...)
	return err
}

// readLenient finds the types that BPF_PROG_LOAD accepts with an attach type
// that does not exist.
func readLenient(kernel string, lenient map[int]bool) error {
	table, err := rows(kernel, "attach.tsv")
	if err != nil {
		return err
	}
	for _, r := range table {
		if strings.HasSuffix(r[1], " 1000") {
			typ, _ := strconv.Atoi(r[0])
			lenient[typ] = true
		}
	}
	return nil
}

// dropDefaults drops the rows that say the same as the one for attach type 0,
// to which lookups fall back.
func dropDefaults(list []*hookRow, lenient map[int]bool) []*hookRow {
	same := map[string]bool{}
	for _, r := range list {
		if r.attach == 0 {
			same[fmt.Sprint(r.typ, r.text)] = true
		}
	}
	return slices.DeleteFunc(list, func(r *hookRow) bool {
		text := strings.Replace(r.text, fmt.Sprintf(", Attach: %d", r.attach), "", 1)
		return r.attach != 0 && lenient[r.typ] && same[fmt.Sprint(r.typ, text)]
	})
}

// group merges the targets that one kernel treats alike.
func group(hs []*hook, t *tables) []*hookRow {
	var order []*hookRow
	byText := map[string]*hookRow{}
	for _, h := range hs {
		text := h.text(t)
		at := h.class() + text + fmt.Sprint(h.target == "")
		if byText[at] == nil {
			byText[at] = &hookRow{class: h.class(), text: text, typ: h.typ, attach: h.classAttach()}
			order = append(order, byText[at])
		} else if h.target == "" {
			continue
		}
		if h.target != "" {
			byText[at].targets = strings.TrimSpace(byText[at].targets + " " + h.target)
		}
	}
	return order
}

var capWords = map[string]string{
	"none": "", "bpf": "CapBPF", "bpf,perfmon": "CapBPF|CapPerfmon", "bpf,net_admin": "CapBPF|CapNetAdmin", "all": "CapSysAdmin",
}

func (h *hook) text(t *tables) string {
	var b strings.Builder
	if a := h.classAttach(); a != 0 {
		fmt.Fprintf(&b, ", Attach: %d", a)
	}
	if h.sleepable {
		b.WriteString(", Sleepable: true")
	}
	if c := capWords[h.caps]; c != "" {
		b.WriteString(", Caps: " + c)
	}
	b.WriteString(h.ret + h.packet)
	var calls [4]int
	for i, c := range h.calls {
		if c != "" {
			calls[i] = t.sets.of(c)
		}
	}
	fmt.Fprintf(&b, ", calls: [4]uint16{%d, %d, %d, %d}", calls[0], calls[1], calls[2], calls[3])
	if v := t.variants.of(strings.Join(h.variants, ", ")); v != 0 {
		fmt.Fprintf(&b, ", variants: %d", v)
	}
	slices.Sort(h.context)
	if c := t.contexts.of(strings.Join(h.context, ",\n")); c != 0 {
		fmt.Fprintf(&b, ", context: %d", c)
	}
	return b.String()
}

func (t *tables) writeSets(b *bytes.Buffer) {
	b.WriteString("var helperSets = [...]helperSet{\n")
	for _, s := range t.sets.texts {
		var n, word big.Int
		n.SetString(s, 16)
		words := make([]string, 0, 4)
		for range 4 {
			word.And(&n, new(big.Int).SetUint64(^uint64(0)))
			words = append(words, fmt.Sprintf("%#x", &word))
			n.Rsh(&n, 64)
		}
		fmt.Fprintf(b, "{%s},\n", strings.Join(words, ", "))
	}
	b.WriteString("}\n\nvar variantSets = [...][]variantOf{\n")
	for _, v := range t.variants.texts {
		fmt.Fprintf(b, "{%s},\n", v)
	}
	b.WriteString("}\n")
}
