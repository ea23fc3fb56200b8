package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// printStores prints which fields of kernel objects the programs of a
// struct_ops may write, by the type of the object, and the message about other
// stores.
func printStores(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	l := newLoader()
	seen := make(map[string]bool)
	for _, h := range typedTargets(spec) {
		if h.typ != typeStructOps || !h.resolve(spec) {
			continue
		}
		ops := strings.Split(h.target, ":")[1]
		for arg := range 5 {
			name := argStruct(l, h, arg)
			if name == "" || seen[ops+name] {
				continue
			}
			seen[ops+name] = true
			var s *btf.Struct
			if spec.TypeByName(name, &s) != nil {
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", ops, name, writable(l, h, arg, s), storeMessage(l, h, arg))
		}
	}
	return nil
}

var structArg = regexp.MustCompile(`R2(?:_w)?=(?:trusted_)?ptr_(?:or_null_)?([a-z0-9_]+)`)

// argStruct returns the name of the struct that an argument points to.
func argStruct(l *loader, h hook, arg int) string {
	p := h.program(load(8, 2, 1, 8*arg), movImm(0, 0), exit())
	p.level = 2
	_, log := l.load(p)
	if m := structArg.FindStringSubmatch(log); m != nil {
		return m[1]
	}
	return ""
}

// stores is a program that writes at an offset of an argument.
func stores(h hook, arg, off, size int) program {
	return h.program(
		load(8, 2, 1, 8*arg), insn{op: 0x55, regs: 2, off: 2}, movImm(0, 0), exit(),
		storeImm(size, 2, off, 0), movImm(0, 0), exit())
}

// storeOK reports whether the verifier takes a store. What fails at exit, such
// as a lost reference, was taken.
func storeOK(l *loader, h hook, arg, off, size int) bool {
	errno, log := l.load(stores(h, arg, off, size))
	return errno == 0 || strings.Contains(log, "reference leak") || strings.Contains(log, "At program exit")
}

// writable lists the members that may be written: "name" from their start only,
// "name[]" at any byte.
func writable(l *loader, h hook, arg int, s *btf.Struct) string {
	var words []string
	for off := 0; off < int(s.Size); {
		name, start, end := memberAt(s, off)
		if name == "" || start < off {
			off++
			continue
		}
		if storeOK(l, h, arg, off, 1) {
			if end-start > 1 && storeOK(l, h, arg, off+1, 1) {
				name += "[]"
			}
			words = append(words, name)
		}
		off = max(end, off+1)
	}
	return strings.Join(words, " ")
}

// memberAt returns the innermost member at an offset, with its first byte and
// the one behind its last.
func memberAt(typ btf.Type, off int) (name string, start, end int) {
	var members []btf.Member
	switch t := btf.UnderlyingType(typ).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		first := int(m.Offset.Bytes())
		size, err := btf.Sizeof(m.Type)
		if err != nil || m.BitfieldSize != 0 || off < first || off >= first+size {
			continue
		}
		if inner, a, b := memberAt(m.Type, off-first); inner != "" {
			return inner, first + a, first + b
		}
		return m.Name, first, first + size
	}
	return "", 0, 0
}

// storeMessage returns what the kernel says of a store that it refuses.
func storeMessage(l *loader, h hook, arg int) string {
	_, log := l.load(stores(h, arg, 0, 1))
	var said []string
	for _, line := range strings.Split(log, "\n") {
		if line != "" && !strings.Contains(line, ": ") && !strings.HasPrefix(line, "processed") && !strings.HasPrefix(line, "func '") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " | ")
}
