package prog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
)

// Replaced is the function that an extension (a program of a section
// "freplace/FUNCTION") takes the place of.
type Replaced struct {
	Program *Program // as it was loaded before
	Func    int      // index in Program.Funcs
}

// findReplaced looks for the function that an extension replaces in the
// target's loaded programs. Without any of those the extension stays without.
func (l *linker) findReplaced() error {
	if l.prog.Type != ebpf.Extension || l.target.Loaded == nil || l.prog.AttachTo == "" {
		return nil
	}
	alone := *l.target
	alone.Loaded = nil
	var found []string
	for _, name := range slices.Sorted(maps.Keys(l.target.Loaded.Programs)) {
		p, err := Link(l.target.Loaded, name, &alone)
		if err != nil {
			return fmt.Errorf("object with the replaced function: %w", err)
		}
		i := slices.IndexFunc(p.Funcs, func(f Func) bool { return f.Name == l.prog.AttachTo && f.Type != nil })
		if i >= 0 {
			found = append(found, name)
			l.prog.Replaces = &Replaced{Program: p, Func: i}
		}
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("no program of the target object has a function %s to replace", l.prog.AttachTo)
	case len(found) > 1:
		return fmt.Errorf("several programs of the target object have a function %s: %s; name one", l.prog.AttachTo, strings.Join(found, ", "))
	}
	return nil
}
