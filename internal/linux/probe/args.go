package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// printArgs prints what loads of the arguments of iterators give, and of those
// arguments of tracepoints that point to structs but may be null or no pointer
// at all.
func printArgs(w io.Writer) error {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return err
	}
	l := newLoader()
	for t, err := range spec.All() {
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case *btf.Func:
			proto, ok := t.Type.(*btf.FuncProto)
			if !strings.HasPrefix(t.Name, "bpf_iter_") || !ok {
				continue
			}
			h := hook{typ: typeTracing, attach: 28, target: "func:" + t.Name}
			printArgsOf(w, l, spec, h, proto.Params, true)
		case *btf.Typedef:
			ptr, ok := t.Type.(*btf.Pointer)
			if !strings.HasPrefix(t.Name, "btf_trace_") || !ok {
				continue
			}
			if proto, ok := ptr.Target.(*btf.FuncProto); ok && len(proto.Params) > 0 {
				h := hook{typ: typeTracing, attach: 23, target: "typedef:" + t.Name}
				printArgsOf(w, l, spec, h, proto.Params[1:], false)
			}
		}
	}
	return nil
}

func printArgsOf(w io.Writer, l *loader, spec *btf.Spec, h hook, params []btf.FuncParam, all bool) {
	if !h.resolve(spec) {
		return
	}
	var words []string
	for i, p := range params {
		if !pointsToStruct(p.Type) && !all {
			continue
		}
		typ := argType(l, h, i)
		if all || strings.Contains(typ, "or_null") || typ == "scalar" {
			words = append(words, fmt.Sprintf("%d:%s", i, typ))
		}
	}
	if len(words) > 0 && !strings.Contains(words[0], "invalid") { // such as iterators that are none
		fmt.Fprintf(w, "%s\t%s\n", h.target, strings.Join(words, " "))
	}
}

func pointsToStruct(t btf.Type) bool {
	ptr, ok := btf.UnderlyingType(t).(*btf.Pointer)
	if !ok {
		return false
	}
	switch btf.UnderlyingType(ptr.Target).(type) {
	case *btf.Struct, *btf.Union:
		return true
	}
	return false
}

// loaded finds a register's state in the log of level 2.
var loaded = regexp.MustCompile(`R2(?:_w)?=([a-z_]+)`)

// argType returns the verifier's name of the i-th argument, without that of the
// struct it points to.
func argType(l *loader, h hook, i int) string {
	p := h.program(load(8, 2, 1, 8*i), movImm(0, 0), exit())
	p.level = 2
	errno, log := l.load(p)
	if errno != 0 {
		return errno.Error()
	}
	m := loaded.FindStringSubmatch(log)
	if m == nil {
		return "scalar"
	}
	name := m[1]
	if at := strings.Index(name, "ptr_"); at >= 0 {
		rest := name[at+4:]
		name = name[:at+4]
		if strings.HasPrefix(rest, "or_null_") {
			name += "or_null_"
		}
	}
	return name
}
