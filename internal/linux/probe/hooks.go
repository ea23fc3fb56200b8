package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// hook is a place that programs are written for: a type, an expected attach
// type and, for typed programs, what they attach to.
type hook struct {
	typ, attach uint32
	sleepable   bool
	target      string // "func:NAME", "typedef:NAME" or "struct_ops:TYPE:MEMBER"; empty for none
	btfID       uint32
}

func (h hook) String() string {
	s := fmt.Sprintf("%d\t%d\t%s", h.typ, h.attach, h.target)
	if h.sleepable {
		return s + "\ts"
	}
	return s + "\t"
}

func (h hook) program(insns ...insn) program {
	p := program{typ: h.typ, attach: h.attach, btfID: h.btfID, insns: insns}
	if h.sleepable {
		p.flags |= flagSleepable
	}
	return p
}

// plain lists the expected attach types that mean something for each program
// type which is not attached through BTF. The kernel accepts any value for
// most of them.
var plain = [][]uint32{
	1: {0}, 2: {0, 42, 48, 56, 57}, 3: {0, 46, 47, 54, 55}, 4: {0}, 5: {0}, 6: {0, 33, 35, 37}, 7: {0}, 8: {0, 1},
	9: {2, 34, 12, 13}, 10: {0}, 11: {0}, 12: {0}, 13: {0, 3}, 14: {0, 4, 5, 38}, 15: {0, 6}, 16: {0, 7}, 17: {0},
	18: {8, 9, 10, 11, 14, 15, 19, 20, 29, 30, 31, 32, 49, 50, 51, 52, 53}, 19: {0}, 20: {0, 16}, 21: {39, 40},
	22: {0, 17}, 23: {0, 18}, 24: {0}, 25: {21, 22}, 30: {36}, 31: {0}, 32: {45},
}

// Program types and attach types that are attached through BTF.
const (
	typeTracing   = 26
	typeStructOps = 27
	typeLSM       = 29
)

var typed = []hook{
	{typ: typeTracing, attach: 23, target: "typedef:btf_trace_sched_switch"},
	{typ: typeTracing, attach: 24, target: "func:bpf_fentry_test1"},
	{typ: typeTracing, attach: 25, target: "func:bpf_fentry_test1"},
	{typ: typeTracing, attach: 58, target: "func:bpf_fentry_test1"},
	{typ: typeTracing, attach: 26, target: "func:bpf_modify_return_test"},
	{typ: typeTracing, attach: 26, target: "func:security_file_open"},
	{typ: typeTracing, attach: 24, target: "func:__x64_sys_getpgid"},
	{typ: typeTracing, attach: 25, target: "func:__x64_sys_getpgid"},
	{typ: typeTracing, attach: 58, target: "func:__x64_sys_getpgid"},
	{typ: typeTracing, attach: 26, target: "func:__x64_sys_getpgid"},
}

// typedTargets lists everything that LSM, iterator and struct_ops programs can
// be written for, as the kernel's BTF names it.
func typedTargets(spec *btf.Spec) []hook {
	var out []hook
	for t, err := range spec.All() {
		if err != nil {
			break
		}
		switch t := t.(type) {
		case *btf.Func:
			switch {
			case strings.HasPrefix(t.Name, "bpf_lsm_"):
				out = append(out, hook{typ: typeLSM, attach: 27, target: "func:" + t.Name},
					hook{typ: typeLSM, attach: 43, target: "func:" + t.Name})
			case strings.HasPrefix(t.Name, "bpf_iter_"):
				out = append(out, hook{typ: typeTracing, attach: 28, target: "func:" + t.Name})
			}
		case *btf.Struct:
			name, ok := strings.CutPrefix(t.Name, "bpf_struct_ops_")
			var ops *btf.Struct
			if !ok || spec.TypeByName(name, &ops) != nil {
				continue
			}
			for _, m := range ops.Members {
				out = append(out, hook{typ: typeStructOps, target: "struct_ops:" + name + ":" + m.Name})
			}
		}
	}
	return out
}

// allHooks lists the hooks that may exist in the running kernel.
func allHooks(spec *btf.Spec) []hook {
	var out []hook
	for typ, attaches := range plain {
		for _, a := range attaches {
			out = append(out, hook{typ: uint32(typ), attach: a})
			if typ == 2 || typ == 5 || typ == 17 || typ == 31 { // kprobe for uprobes, tracepoints, system calls
				out = append(out, hook{typ: uint32(typ), attach: a, sleepable: true})
			}
		}
	}
	for _, h := range append(typed, typedTargets(spec)...) {
		if h.resolve(spec) {
			out = append(out, h)
			h.sleepable = true
			out = append(out, h)
		}
	}
	return out
}

// resolve finds the BTF ID of a hook's target.
func (h *hook) resolve(spec *btf.Spec) bool {
	words := strings.Split(h.target, ":")
	var t btf.Type
	switch words[0] {
	case "":
		return true
	case "func":
		var f *btf.Func
		if spec.TypeByName(words[1], &f) != nil {
			return false
		}
		t = f
	case "typedef":
		var d *btf.Typedef
		if spec.TypeByName(words[1], &d) != nil {
			return false
		}
		t = d
	case "struct_ops":
		var s *btf.Struct
		if spec.TypeByName(words[1], &s) != nil {
			return false
		}
		at := -1
		for i, m := range s.Members {
			if m.Name == words[2] {
				at = i
			}
		}
		if at < 0 {
			return false
		}
		h.attach, t = uint32(at), s
	}
	id, err := spec.TypeID(t)
	h.btfID = uint32(id)
	return err == nil
}

// printHooks writes one row per hook: type, attach type, target, "s" when
// sleepable, the capability sets that may load it, what happens to a program
// that returns 0, 1, an unknown number, an unknown 32-bit number and a pointer;
// nothing more when all of these are accepted. LSM hooks with the same answers
// share a row.
func printHooks(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	l := newLoader()
	array, errno := createMap(mapSpec{typ: 2, key: 4, value: 64, entries: 1})
	if errno != 0 {
		return fmt.Errorf("array map: %w", errno)
	}
	alike := map[string]*hookGroup{}
	var groups []*hookGroup
	for _, h := range allHooks(spec) {
		words := []string{h.String()}
		if words = append(words, h.loadableWith(l)); words[1] == "" {
			if h.target != "" {
				continue // any function that is no hook here
			}
			errno, log := l.load(h.program(movImm(0, 0), exit()))
			fmt.Fprintf(w, "%s\t-\t%s: %s\n", words[0], errnoName(errno), lastLine(log))
			continue
		}
		for _, insns := range [][]insn{
			{movImm(0, 0), exit()},
			{movImm(0, 1), exit()},
			append(mapValue(1, array), load(8, 0, 1, 0), exit()),
			append(mapValue(1, array), load(4, 0, 1, 0), exit()),
			{movReg(0, 1), exit()},
		} {
			errno, log := l.load(h.program(insns...))
			if errno == 0 {
				words = append(words, "ok")
			} else {
				words = append(words, lastLine(log))
			}
		}
		row := strings.TrimSuffix(strings.Join(words[1:], "\t"), strings.Repeat("\tok", 5))
		if h.typ != typeLSM {
			fmt.Fprintf(w, "%s\t%s\n", h, row)
			continue
		}
		at := fmt.Sprint(h.attach, h.sleepable, bound.FindString(row)) // hundreds of hooks, a handful of answers
		if alike[at] == nil {
			alike[at] = &hookGroup{row: row}
			groups = append(groups, alike[at])
		}
		alike[at].add(h)
	}
	for _, g := range groups {
		fmt.Fprintf(w, "%s\t%s\n", g.hook, g.row)
	}
	return nil
}

// hookGroup is hooks of which the kernel says the same.
type hookGroup struct {
	hook hook // with all targets
	row  string
}

func (g *hookGroup) add(h hook) {
	if g.hook.target != "" {
		h.target = g.hook.target + " " + h.target
	}
	g.hook = h
}

// loadableWith names the sets of capabilities that may load the hook's
// programs. Targets are asked for with all capabilities only.
func (h hook) loadableWith(l *loader) string {
	if !h.loads(l) {
		return ""
	}
	if h.target != "" {
		return "bpf,perfmon all"
	}
	var names []string
	for _, c := range capSets {
		_ = c.with(func() error {
			if h.loads(l) {
				names = append(names, c.name)
			}
			return nil
		})
	}
	return strings.Join(names, " ")
}

func (h hook) loads(l *loader) bool {
	for ret := range int32(2) {
		errno, log := l.load(h.program(movImm(0, ret), exit()))
		if errno == 0 || strings.Contains(log, "reference leak") { // an argument that has to be released
			return true
		}
	}
	return false
}

// bound finds what distinguishes two rows of LSM hooks.
var bound = regexp.MustCompile(`Note, .*?!|should have been in [\[(].*?[\])]`)

// errnoName spells ENOTSUPP too, which user space does not know.
func errnoName(e unix.Errno) string {
	switch e {
	case 524:
		return "ENOTSUPP"
	case unix.EOPNOTSUPP:
		return "EOPNOTSUPP"
	}
	return unix.ErrnoName(e)
}

// lastLine returns the last line of a log that is no statistics.
func lastLine(log string) string {
	last := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "processed ") || strings.HasPrefix(line, "verification time") || strings.HasPrefix(line, "stack depth") {
			continue
		}
		last = line
	}
	return last
}

// printAttach writes the expected attach types that BPF_PROG_LOAD accepts, per
// program type.
func printAttach(w io.Writer) error {
	l := newLoader()
	for typ := uint32(0); typ < 36; typ++ {
		var ok []uint32
		errs := map[string]int{}
		for _, a := range append(numbers(0, 66), 1000) {
			h := hook{typ: typ, attach: a}
			if h.loads(l) {
				ok = append(ok, a)
				continue
			}
			errno, log := l.load(h.program(movImm(0, 0), exit()))
			errs[errnoName(errno)+" "+lastLine(log)]++
		}
		fmt.Fprintf(w, "%d\t%s\t%v\n", typ, ranges(ok), errs)
	}
	return nil
}

func numbers(from, to uint32) []uint32 {
	var out []uint32
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

// ranges spells increasing numbers as "0-3 7".
func ranges(nums []uint32) string {
	var words []string
	for i := 0; i < len(nums); {
		j := i
		for j+1 < len(nums) && nums[j+1] == nums[j]+1 {
			j++
		}
		if i == j {
			words = append(words, fmt.Sprint(nums[i]))
		} else {
			words = append(words, fmt.Sprintf("%d-%d", nums[i], nums[j]))
		}
		i = j + 1
	}
	return strings.Join(words, " ")
}
