// Package loadnotes tells what had to be assumed, or was missing, when a
// program was linked.
package loadnotes

import (
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/prog"
)

// Analyzer turns the notes of the linker into diagnostics.
var Analyzer = &analysis.Analyzer{
	Name: "loadnotes",
	Doc: `tell what was assumed when the program was linked

An object does not say everything that bpf(2) wants to know. What it leaves out
is completed as common loaders do; your loader may do something else, and then
the kernel judges another program.`,
	Diagnostics: rules(),
	Run:         run,
}

// kinds has one rule for each kind of note.
var kinds = map[prog.NoteKind]analysis.Rule{
	prog.NoteLicense: {
		ID: "load/license", Severity: analysis.Warning, Title: "the object names no licence",
		Doc: "Many helpers are only for programs under the GPL. Say the licence in the source:\n\n" +
			"    char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";",
	},
	prog.NoteType: {
		ID: "load/program-type", Severity: analysis.Warning, Title: "the section's name tells no program type",
		Doc: "The verdict is about the type that was assumed. Name sections as libbpf does, such as `xdp`, `tc`\n" +
			"or `kprobe/do_unlinkat`, or set the type in your loader and ignore this finding.",
	},
	prog.NoteMap: {
		ID: "load/map", Severity: analysis.Info, Title: "the definition of a map is not complete",
		Doc: "The loader has to complete the map before it is created, for example a number of entries of 0.\n" +
			"What it chooses can matter to the verdict.",
	},
	prog.NotePoisoned: {
		ID: "load/poisoned", Severity: analysis.Info, Title: "a CO-RE relocation has no match in the target kernel",
		Doc: "The type or field is not in the target's BTF. Loaders replace the instruction by one that every kernel\n" +
			"refuses if it can be reached. Guard the access:\n\n" +
			"    if (bpf_core_field_exists(task->cpu))\n        cpu = BPF_CORE_READ(task, cpu);",
	},
	prog.NoteUnresolved: {
		ID: "load/ksym-address", Severity: analysis.Info, Title: "the address of a kernel symbol is not known",
		Doc: "Loaders read addresses of untyped kernel symbols from /proc/kallsyms. A made-up address stands for it here,\n" +
			"which is all the same to the verifier.",
	},
	prog.NoteMissingFunc: {
		ID: "load/weak-symbol", Severity: analysis.Info, Title: "the target kernel lacks a symbol that is declared weak",
		Doc: "The program is told so at load time. A call that is not guarded by `bpf_ksym_exists` is refused.",
	},
	prog.NoteHelper: {
		ID: "load/helper-replaced", Severity: analysis.Info, Title: "a helper was replaced by an older one",
		Doc: "Loaders do that for kernels which lack the helper.",
	},
}

func rules() []analysis.Rule {
	var list []analysis.Rule
	for kind := prog.NoteKind(0); ; kind++ {
		rule, ok := kinds[kind]
		if !ok {
			return list
		}
		list = append(list, rule)
	}
}

func run(pass *analysis.Pass) (any, error) {
	for _, note := range pass.Program.Notes {
		pass.Report(analysis.Diagnostic{ID: kinds[note.Kind].ID, Insn: note.Insn, Message: note.Text})
	}
	return nil, nil
}
