// Command tables changes func_info and line_info of real programs, gives them
// CO-RE relocations, and compares what the running kernel says of that with
// package btf:
//
//	go run ./internal/gen/tables -n 100000
package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/gen/campaign"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

var all = campaign.Campaign{Count: 100000, Show: 10}

func main() {
	all.Flags()
	campaign.Main("tables", run)
}

// subject is a program that the kernel accepts, with its tables as words.
type subject struct {
	name         string
	raw          oracle.RawProgram
	checked      *btf.Checked
	code         *btf.Code
	funcs, lines []uint32
	relocatable
}

func run() (int, error) {
	kernel, err := oracle.Open()
	if err != nil {
		return 0, err
	}
	raw, err := kernel.NewRaw(nil, 1<<20)
	if err != nil {
		return 0, err
	}
	defer raw.Close()
	subjects, err := collect(kernel, raw)
	if err != nil || len(subjects) == 0 {
		return 0, fmt.Errorf("no programs to begin with: %w", err)
	}
	var t tally
	err = all.Each(func(seed uint64) error {
		r := rand.New(rand.NewPCG(seed, 1))
		subjects[r.IntN(len(subjects))].compare(raw, seed, r, &t)
		return nil
	})
	fmt.Printf("kernel %s, %d programs to begin with: %d accepted, %d refused, %d differ\n",
		kernel.Release(), len(subjects), t.accepted, t.refused, t.differ)
	return t.differ, err
}

// tally counts outcomes.
type tally struct{ accepted, refused, differ int }

// compare asks both about the program with changed tables.
func (s *subject) compare(raw *oracle.Raw, seed uint64, r *rand.Rand, t *tally) {
	p := s.raw
	p.FuncInfo, p.LineInfo = slices.Clone(s.funcs), slices.Clone(s.lines)
	if s.relocatable.ok() && r.IntN(4) == 0 {
		p.CoreRelos = relocations(r, s)
	} else {
		mutate(r, &p, len(p.Insns))
	}
	switch said, ours := ask(raw, &p), s.check(&p); {
	case ours == "" && len(p.CoreRelos) > 0 && !aboutRelocations.MatchString(said):
		t.accepted++ // what was found in the kernel's types is not ours to say
	case said != ours:
		if t.differ++; t.differ <= all.Show {
			fmt.Printf("seed %d, %s:\n  kernel: %s\n  ours:   %s\n  func_info %v\n  line_info %v\n  core_relo %v\n",
				seed, s.name, said, ours, p.FuncInfo, p.LineInfo, p.CoreRelos)
		}
	case said == "":
		t.accepted++
	default:
		t.refused++
	}
}

// explored is the log of a program whose tables the kernel took.
var explored = regexp.MustCompile(`(?m)^(?:\d+: |func#0 @0|Validating )`)

// ask returns the kernel's error and line about the tables, "" when it took them.
func ask(raw *oracle.Raw, p *oracle.RawProgram) string {
	a := raw.Load(p, oracle.LogBranch)
	if a.Errno == 0 || explored.Match(a.Log) {
		return ""
	}
	// Some messages have no end of their line, and statistics follow.
	text, _, _ := strings.Cut(string(a.Log), "processed ")
	text = strings.TrimSpace(text)
	return a.Errno.String() + " " + text[strings.LastIndexByte(text, '\n')+1:]
}

func (s *subject) check(p *oracle.RawProgram) string {
	err := s.checked.CheckInfo(
		btf.Records{Data: bytesOf(p.FuncInfo), Size: btf.FuncInfoSize}, btf.Records{Data: bytesOf(p.LineInfo), Size: btf.LineInfoSize}, s.code)
	if err == nil {
		err = s.checked.CheckCore(btf.Records{Data: bytesOf(p.CoreRelos), Size: btf.CoreReloSize}, s.code)
	}
	if r := btf.AsRefusal(err); r != nil {
		return r.Errno + " " + r.Message
	}
	return ""
}

// mutate changes one to three words, or drops or doubles a record.
func mutate(r *rand.Rand, p *oracle.RawProgram, slots int) {
	for range 1 + r.IntN(3) {
		table, width := &p.FuncInfo, 2
		if r.IntN(2) == 0 {
			table, width = &p.LineInfo, 4
		}
		if len(*table) == 0 {
			continue
		}
		at := r.IntN(len(*table))
		switch r.IntN(8) {
		case 0:
			at -= at % width
			*table = slices.Delete(*table, at, at+width)
		case 1:
			at -= at % width
			*table = slices.Insert(*table, at, (*table)[at:at+width]...)
		case 2:
			(*table)[at] = r.Uint32()
		case 3:
			(*table)[at] = uint32(r.IntN(slots + 2))
		case 4:
			(*table)[at] = (*table)[r.IntN(len(*table)/width)*width+at%width]
		default:
			(*table)[at] += uint32(r.IntN(5)) - 2
		}
	}
}

// collect takes the project's programs that need no maps and that the kernel
// accepts.
func collect(kernel *oracle.Kernel, raw *oracle.Raw) ([]*subject, error) {
	dir, ok := upward.Find("testdata/objects")
	if !ok {
		return nil, os.ErrNotExist
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.bpf.o"))
	if err != nil {
		return nil, err
	}
	var list []*subject
	for _, path := range paths {
		image, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		spec, err := load.Parse(image)
		if err != nil {
			continue
		}
		for name := range spec.Programs {
			if s := newSubject(kernel, raw, spec, name); s != nil {
				list = append(list, s)
			}
		}
	}
	slices.SortFunc(list, func(a, b *subject) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

func newSubject(kernel *oracle.Kernel, raw *oracle.Raw, spec *ebpf.CollectionSpec, name string) *subject {
	p, err := prog.Link(spec, name, kernel.Target())
	if err != nil || len(p.Maps) > 0 || p.AttachTo != "" {
		return nil
	}
	blob, funcs, lines, err := p.MarshalBTF()
	if err != nil || len(blob) == 0 {
		return nil
	}
	s := &subject{name: name, funcs: words(funcs), lines: words(lines), code: &btf.Code{Len: len(p.Insns)}}
	s.relocatable, blob = newRelocatable(p.Insns, blob)
	s.code.Inside = func(slot int) bool { return p.Insns[slot].Op == 0 }
	for _, f := range p.Funcs {
		s.code.Funcs = append(s.code.Funcs, f.Start)
	}
	if s.checked, err = btf.CheckAll(blob, btf.Kernel{Version: kernel.Version(), Types: kernel.Target().View}); err != nil {
		return nil
	}
	types, err := kernel.LoadTypes(blob)
	if err != nil {
		return nil
	}
	s.raw = oracle.RawProgram{
		Type: p.Type, AttachType: p.AttachType, Flags: p.Flags, Insns: p.Insns, Types: types, FuncInfo: s.funcs, LineInfo: s.lines,
	}
	if a := raw.Load(&s.raw, oracle.LogNone); a.Errno != 0 || len(s.lines) == 0 {
		types.Close()
		return nil
	}
	return s
}

func words(b []byte) []uint32 {
	var list []uint32
	for ; len(b) >= 4; b = b[4:] {
		list = append(list, binary.LittleEndian.Uint32(b))
	}
	return list
}

func bytesOf(list []uint32) []byte {
	var b []byte
	for _, w := range list {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}
