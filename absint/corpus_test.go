package absint_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

var (
	corpusKernel = flag.String("corpus.kernel", "6.18", "judge the corpus for this kernel")
	corpusRecord = flag.String("corpus.record", "", "file of verdicts to compare with, without .jsonl; default: the kernel's")
	corpusOnly   = flag.String("corpus.only", "", "regular expression over OBJECT:PROGRAM")
	corpusShow   = flag.String("corpus.show", "", "list the programs of a class: agree, accept, reject, message, insn, cost, unsupported, error")
)

// recorded is one line of a file of verdicts.
type recorded struct {
	Object, Program      string
	Type, Verdict, Errno string
	Msg                  string
	ErrInsn              int `json:"err_insn"`
	Processed            int
	TotalStates          int `json:"total_states"`
	PeakStates           int `json:"peak_states"`
	Usec                 int
	ProgType             uint32 `json:"prog_type"`
	AttachType           uint32 `json:"attach_type"`
}

// shared returns the folder of shared data above the repository, or skips.
func shared(t testing.TB) string {
	if dir, ok := upward.Find("shared/corpus"); ok {
		return filepath.Dir(dir)
	}
	t.Skip("no shared corpus above the repository")
	return ""
}

func readVerdicts(t testing.TB, file string) []recorded {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []recorded
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var r recorded
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// judged is a program with both verdicts.
type judged struct {
	recorded
	got  *absint.Result
	err  error
	took time.Duration
}

func judge(spec *ebpf.CollectionSpec, r recorded, tg *prog.Target) (j judged) {
	j.recorded = r
	ps := spec.Programs[r.Program]
	if ps == nil {
		j.err = fmt.Errorf("no such program")
		return j
	}
	ps.Type, ps.AttachType = ebpf.ProgramType(r.ProgType), ebpf.AttachType(r.AttachType)
	p, err := prog.Link(spec, r.Program, tg)
	if err != nil {
		j.err = err
		return j
	}
	if r := precheck.Check(p); r != nil {
		j.got = &absint.Result{Verdict: absint.Reject, Insn: -1, // no instruction is in the log
			Message: r.Kernel, Errno: r.Errno}
		return j
	}
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		j.err = err
		return j
	}
	start := time.Now()
	j.got, j.err = absint.Verify(p, g, absint.Options{})
	j.took = time.Since(start)
	return j
}

var digits = regexp.MustCompile(`\d+`)

// class names what came out of comparing two verdicts.
func (j *judged) class() string {
	switch {
	case j.err != nil:
		return "error"
	case j.got.Verdict == absint.Unsupported:
		return "unsupported"
	case j.got.Verdict.String() == j.Verdict:
		return "agree"
	case j.got.Verdict == absint.Accept:
		return "false accept"
	}
	return "false reject"
}

func TestCorpus(t *testing.T) {
	dir := shared(t)
	if testing.Short() {
		t.Skip("takes a while")
	}
	version, err := target.Parse(*corpusKernel)
	if err != nil {
		t.Fatal(err)
	}
	tg := target.For(version, linux.CapAll, "")
	tg.CPUs = 2
	record := *corpusRecord
	if record == "" {
		record = *corpusKernel
	}
	rows := readVerdicts(t, filepath.Join(dir, "corpus", "verdicts", record+".jsonl"))
	only := regexp.MustCompile(*corpusOnly)
	specs := map[string]*ebpf.CollectionSpec{}
	var all []judged
	for _, r := range rows {
		if r.Verdict == "skip" || !only.MatchString(r.Object+":"+r.Program) {
			continue
		}
		spec, ok := specs[r.Object]
		if !ok {
			if image, err := os.ReadFile(filepath.Join(dir, "corpus", "objects", r.Object)); err == nil {
				spec, _ = load.Parse(image)
			}
			specs[r.Object] = spec
		}
		if spec == nil {
			all = append(all, judged{recorded: r, err: fmt.Errorf("not loadable")})
			continue
		}
		all = append(all, judge(spec, r, tg))
	}
	report(t, all)
}

func report(t *testing.T, all []judged) {
	classes, features := map[string]int{}, map[string]int{}
	var agreedRejects, sameInsn, sameMsg, ours, kernels int
	var took time.Duration
	for i := range all {
		j := &all[i]
		c := j.class()
		classes[c]++
		took += j.took
		switch {
		case c == "unsupported":
			features[j.got.Feature]++
		case c == "error":
			features["error: "+digits.ReplaceAllString(j.err.Error(), "N")]++
		case c == "agree" && j.Verdict == "reject":
			agreedRejects++
			sameInsn += btoi(j.got.Insn == j.ErrInsn)
			sameMsg += btoi(j.got.Message == j.Msg)
		case c == "agree":
			ours += j.got.Stats.ProcessedInsns
			kernels += j.Processed
		}
		if *corpusShow != "" && strings.Contains(c, *corpusShow) || *corpusShow == "cost" && c == "agree" && j.Verdict == "accept" && j.got.Stats.ProcessedInsns != j.Processed {
			show(t, j)
		}
		if c == "false accept" {
			t.Errorf("false accept: %s:%s: kernel says %s at %d", j.Object, j.Program, j.Msg, j.ErrInsn)
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "programs\t%d\n", len(all))
	print := func(counts map[string]int) {
		var keys []string
		for k := range counts {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(a, b int) bool { return counts[keys[a]] > counts[keys[b]] })
		for _, k := range keys {
			fmt.Fprintf(w, "%s\t%d\n", k, counts[k])
		}
	}
	print(classes)
	print(features)
	fmt.Fprintf(w, "common rejections\t%d\tsame insn %d, same message %d\n", agreedRejects, sameInsn, sameMsg)
	fmt.Fprintf(w, "processed insns\t%d\tkernel %d, ratio %.3f\n", ours, kernels, float64(ours)/float64(max(kernels, 1)))
	fmt.Fprintf(w, "time\t%v\t%.0f ns per insn\n", took, float64(took.Nanoseconds())/float64(max(ours, 1)))
	w.Flush()
}

func show(t *testing.T, j *judged) {
	if j.err != nil {
		t.Logf("%s:%s: %v", j.Object, j.Program, j.err)
		return
	}
	t.Logf("%s:%s: kernel %s %q at %d, %d processed, %d states\n\tours %s %q %q at %d, %d processed, %d states", j.Object, j.Program,
		j.Verdict, j.Msg, j.ErrInsn, j.Processed, j.TotalStates,
		j.got.Verdict, j.got.Message, j.got.Feature, j.got.Insn, j.got.Stats.ProcessedInsns, j.got.Stats.TotalStates)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
