package cfg

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
)

// DOTOptions say what is drawn besides the graph itself.
type DOTOptions struct {
	Title   string
	Printer Printer
	// FuncName returns a function's name; nil, or "" for one, shows its number.
	FuncName func(fn int32) string
	// Source returns the line of source that begins at a slot, and where it
	// stands; empty when the slot belongs to the same line as the one before.
	Source func(slot int32) (text, where string)
	// Note returns what is to be said of an instruction, such as the verdict;
	// "" for nothing.
	Note func(slot int32) string
}

// WriteDOT draws the graph in the language of graphviz: functions are boxes,
// blocks are tables with one row an instruction, source lines stand above the
// instructions made from them, and loops are shaded.
func WriteDOT(w io.Writer, g *Graph, o DOTOptions) error {
	out := bufio.NewWriter(w)
	d := &dotWriter{Writer: out, Graph: g, DOTOptions: o, loops: g.Loops(), left: map[dotExit]bool{}}
	d.head()
	for f := range g.Funcs {
		d.function(int32(f))
	}
	for e := range g.Edges() {
		d.edge(e)
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

type dotWriter struct {
	*bufio.Writer
	*Graph
	DOTOptions
	loops *LoopForest
	left  map[dotExit]bool // nodes for ways out that were drawn

	lastLine [2]string // source line that was written last in a block
}

// dotExit is a way out of a function that has a node of its own.
type dotExit struct {
	block int32
	kind  EdgeKind
}

// Colours, by role.
const (
	dotFont      = "Helvetica"
	dotMono      = "monospace"
	dotGrey      = "#8a8f98"
	dotText      = "#1b1f24"
	dotHead      = "#eef1f4"
	dotFrame     = "#b4bac2"
	dotError     = "#cc3d1d"
	dotLoopBack  = "#c75f00"
	dotDead      = "#f3f3f3"
	dotMaxSource = 90 // characters of a source line
)

// dotLoopFill shades blocks by the depth of their loop.
var dotLoopFill = []string{"#ffffff", "#fff6e5", "#ffebc7", "#ffdfa6", "#ffd285"}

// dotEdges has the style of each kind of edge.
var dotEdges = [numEdgeKinds]string{
	Fallthrough: `color="#57606a"`,
	Taken:       `color="#1f6feb"`,
	Call:        `color="#8250df", style=dashed, constraint=false`,
	Callback:    `color="#8250df", style=dotted, penwidth=1.6, constraint=false`,
	TailCall:    `color="#0a7d5a", style=dashed`,
	Exit:        `color="#57606a"`,
	Abort:       `color="#8a8f98", style=dotted`,
	Exception:   `color="#cc3d1d", style=dashed`,
}

func (d *dotWriter) head() {
	fmt.Fprintf(d, "digraph program {\n")
	fmt.Fprintf(d, "\tgraph [fontname=%q, fontsize=12, labelloc=t, labeljust=l, nodesep=0.35, ranksep=0.4, label=<%s>];\n", dotFont, d.legend())
	fmt.Fprintf(d, "\tnode [shape=plain, fontname=%q, fontsize=10, fontcolor=%q];\n", dotFont, dotText)
	fmt.Fprintf(d, "\tedge [fontname=%q, fontsize=9, arrowsize=0.7];\n", dotFont)
}

func (d *dotWriter) legend() string {
	word := func(color, text string) string {
		return fmt.Sprintf(`<font color="%s">%s</font>`, color, text)
	}
	parts := []string{word("#57606a", "next"), word("#1f6feb", "jump"), word(dotLoopBack, "back edge"), word("#8250df", "call (dashed), callback (dotted)")}
	legend := fmt.Sprintf(`<font point-size="9">%s</font><br align="left"/>`, strings.Join(parts, word(dotGrey, " · ")))
	if d.Title == "" {
		return legend
	}
	return fmt.Sprintf(`<b>%s</b><br align="left"/>%s`, dotEscape(d.Title), legend)
}

func (d *dotWriter) function(f int32) {
	name := ""
	if d.FuncName != nil {
		name = d.FuncName(f)
	}
	if name == "" {
		name = fmt.Sprintf("function %d", f)
	}
	fn := d.Funcs[f]
	fmt.Fprintf(d, "\tsubgraph cluster_%d {\n", f)
	fmt.Fprintf(d, "\t\tlabel=<<b>%s</b> <font color=%q>%d to %d</font>>; color=%q; style=rounded; fontname=%q; fontsize=11; margin=12;\n",
		dotEscape(name), dotGrey, fn.Start, fn.End-1, dotFrame, dotFont)
	for b := fn.FirstBlock; b < fn.EndBlock; b++ {
		d.block(b)
	}
	fmt.Fprintf(d, "\t}\n")
}

func (d *dotWriter) block(b int32) {
	block := d.Blocks[b]
	fill := dotLoopFill[0]
	loop := d.loops.Innermost[b]
	switch {
	case !d.Reachable(b):
		fill = dotDead
	case loop >= 0:
		fill = dotLoopFill[min(int(d.loops.Loops[loop].Depth), len(dotLoopFill)-1)]
	}
	fmt.Fprintf(d, "\t\tb%d [label=<<table border=\"1\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\" color=%q bgcolor=%q>", b, dotFrame, fill)
	d.banner(b, loop)
	d.lastLine = [2]string{}
	for slot := block.Start; slot < block.End; slot += int32(d.Insns[slot].Size()) {
		d.instruction(slot)
	}
	fmt.Fprintf(d, "</table>>];\n")
}

// banner tells what is special about a block.
func (d *dotWriter) banner(b, loop int32) {
	text, color := "", dotLoopBack
	switch {
	case !d.Reachable(b):
		text, color = "unreachable", dotGrey
	case loop >= 0 && d.loops.Loops[loop].Header == b:
		text = fmt.Sprintf("loop %d", loop)
		if d.loops.Loops[loop].Irreducible {
			text, color = text+", entered elsewhere too", dotError
		}
	default:
		return
	}
	fmt.Fprintf(d, `<tr><td colspan="2" align="left"><font color=%q point-size="9"><b>%s</b></font></td></tr>`, color, text)
}

func (d *dotWriter) instruction(slot int32) {
	if d.Source != nil {
		d.source(d.Source(slot))
	}
	fmt.Fprintf(d, `<tr><td align="right"><font face=%q color=%q>%d&#160;</font></td><td align="left" port="i%d"><font face=%q>%s%s</font></td></tr>`,
		dotMono, dotGrey, slot, slot, dotMono, dotEscape(d.Printer.Text(d.Insns, int(slot))), d.target(slot))
	if d.Note == nil {
		return
	}
	if note := d.Note(slot); note != "" {
		fmt.Fprintf(d, `<tr><td></td><td align="left"><font color=%q><b>%s</b></font></td></tr>`, dotError, dotEscape(shorten(note)))
	}
}

// target tells where a jump or call leads, since its text has the distance only.
func (d *dotWriter) target(slot int32) string {
	to := flowOf(d.Insns, slot).taken
	if kind, callee, ok := d.crossing(slot); ok && (kind == Call || kind == Callback) {
		to = callee
	}
	if to < 0 {
		return ""
	}
	return fmt.Sprintf(`<font color=%q>&#160;&#8594;&#160;%d</font>`, dotGrey, to)
}

func (d *dotWriter) source(text, where string) {
	text = shorten(strings.TrimSpace(text))
	line := [2]string{text, where}
	if text == "" || line == d.lastLine {
		return
	}
	d.lastLine = line
	if where != "" {
		where = fmt.Sprintf(` <font point-size="8">%s</font>`, dotEscape(where))
	}
	fmt.Fprintf(d, `<tr><td></td><td align="left"><font color=%q><i>%s</i>%s</font></td></tr>`, dotGrey, dotEscape(text), where)
}

func (d *dotWriter) edge(e Edge) {
	style := dotEdges[e.Kind]
	switch e.Kind {
	case Exit:
		return // the instruction says it
	case TailCall, Abort, Exception:
		d.exit(e, style)
		return
	case Call, Callback:
		fmt.Fprintf(d, "\tb%d:i%d:e -> b%d:n [%s];\n", e.From, e.Insn, e.To, style)
		return
	}
	if loop := d.loops.Innermost[e.To]; loop >= 0 && d.loops.Loops[loop].Header == e.To && d.loops.Contains(loop, e.From) {
		fmt.Fprintf(d, "\tb%d:e -> b%d:e [color=%q, penwidth=1.8];\n", e.From, e.To, dotLoopBack)
		return
	}
	fmt.Fprintf(d, "\tb%d:s -> b%d:n [%s];\n", e.From, e.To, style)
}

func (d *dotWriter) exit(e Edge, style string) {
	key := dotExit{e.From, e.Kind}
	if !d.left[key] {
		d.left[key] = true
		fmt.Fprintf(d, "\tx%d_%d [label=%q, fontcolor=%q];\n", e.From, e.Kind, e.Kind.String(), dotGrey)
	}
	fmt.Fprintf(d, "\tb%d:i%d:e -> x%d_%d [%s];\n", e.From, e.Insn, e.From, e.Kind, style)
}

func shorten(s string) string {
	if r := []rune(s); len(r) > dotMaxSource {
		return string(r[:dotMaxSource-1]) + "…"
	}
	return s
}

// dotEscape makes text safe inside graphviz's HTML-like labels, which end at
// control characters.
func dotEscape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return -1
		}
		return r
	}, s)
	return html.EscapeString(s)
}
