package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/bpflint/bpflint/analysis"
)

// commands maps severities to GitHub's workflow commands.
var commands = map[analysis.Severity]string{
	analysis.Info: "notice", analysis.Warning: "warning", analysis.Unsupported: "warning", analysis.Reject: "error",
}

// GitHub prints findings as workflow commands, which GitHub Actions shows
// beside the lines of a pull request.
func GitHub(w io.Writer, results []*analysis.Result, _ Options) error {
	out := bufio.NewWriter(w)
	src := NewSources()
	for i := range objectCount(results) {
		path := results[0].Objects[i].Path
		for _, f := range failuresOf(results, i) {
			fmt.Fprintf(out, "::error file=%s,title=cannot judge::%s\n", property(path), data(f.String()))
		}
	}
	for _, it := range items(results) {
		writeCommand(out, src, it)
	}
	return out.Flush()
}

func writeCommand(w io.Writer, src *Sources, it item) {
	f := it.finding
	path := it.object.Path
	if f.Pos.IsValid() {
		path, _ = src.Resolve(f.Pos, path)
	}
	fmt.Fprintf(w, "::%s file=%s", commands[f.Severity], property(path))
	if f.Pos.IsValid() {
		fmt.Fprintf(w, ",line=%d", f.Pos.Line)
		if f.Pos.Column > 0 {
			fmt.Fprintf(w, ",col=%d", runeColumn(f.Pos))
		}
	}
	fmt.Fprintf(w, ",title=%s::%s\n", property(f.ID), data(longMessage(it)))
}

// longMessage is all that there is to say of a finding, without its place in
// the source.
func longMessage(it item) string {
	f := it.finding
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s", f.Message, where(it))
	for _, says := range it.says {
		kernels := strings.Join(says.kernels, ", ")
		switch {
		case says.message != "":
			fmt.Fprintf(&b, "\nLinux %s: %s%s", kernels, says.message, errno(says.errno))
		case says.errno != "":
			fmt.Fprintf(&b, "\nLinux %s%s", kernels, errno(says.errno))
		}
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "\nhint: %s", f.Hint)
	}
	return b.String()
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string     { return dataEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(s) }
