package prog

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

const (
	pageSize = 4096
	// stackFrames is the depth of a stack trace, PERF_MAX_STACK_DEPTH.
	stackFrames = 127
)

// resolveMap makes a map load refer to an element of the program's Maps.
func (l *linker) resolveMap(ins *asm.Instruction) error {
	name := ins.Reference()
	if fd := ins.Map(); fd != nil {
		return l.useOpenMap(ins, fd)
	}
	if name == "" {
		// A descriptor in the object's code, which is none of a map.
		ins.Constant = ins.Constant>>32<<32 | int64(uint32(BadFD(int32(ins.Constant))))
		return nil
	}
	spec := l.spec.Maps[name]
	if spec == nil {
		return fmt.Errorf("map %s is not in the collection", name)
	}
	return l.useMap(ins, name, spec)
}

func (l *linker) useMap(ins *asm.Instruction, name string, spec *ebpf.MapSpec) error {
	index, ok := l.maps[name]
	if !ok {
		m, err := l.makeMap(name, spec)
		if err != nil {
			return fmt.Errorf("map %s: %w", name, err)
		}
		index = len(l.prog.Maps)
		l.prog.Maps = append(l.prog.Maps, m)
		l.maps[name] = index
	}
	setMap(ins, index)
	return nil
}

// BadFD converts between a file descriptor that is no map's and the immediate
// that stands for it in Program.Insns, where map loads have indices: -1 minus
// the descriptor. The kernel refuses it with "fd N is not pointing to valid
// bpf_map".
func BadFD(n int32) int32 { return -1 - n }

// setMap keeps the upper half, the offset into the map's value.
func setMap(ins *asm.Instruction, index int) {
	ins.Constant = ins.Constant>>32<<32 | int64(index)
}

// openMap is what an *ebpf.Map tells of itself.
type openMap interface {
	Type() ebpf.MapType
	KeySize() uint32
	ValueSize() uint32
	MaxEntries() uint32
	Flags() uint32
}

// useOpenMap refers to a map that exists already, of which nothing but its
// shape is known.
func (l *linker) useOpenMap(ins *asm.Instruction, fd asm.FDer) error {
	m, ok := fd.(openMap)
	if !ok {
		return fmt.Errorf("unsupported: a map that is known by its file descriptor only (%T)", fd)
	}
	name := fmt.Sprintf("fd:%d", fd.FD())
	return l.useMap(ins, name, &ebpf.MapSpec{Name: name, Type: m.Type(), KeySize: m.KeySize(),
		ValueSize: m.ValueSize(), MaxEntries: m.MaxEntries(), Flags: m.Flags()})
}

// makeMap returns the map as a loader would create it. The copy of the spec is
// shallow so that its types stay those of the collection.
func (l *linker) makeMap(name string, spec *ebpf.MapSpec) (*Map, error) {
	m, fixes := completeMap(name, spec, mapUser{l.target.cpus(), l.prog.Type})
	if len(fixes) > 0 {
		l.note(NoteMap, -1, "map %s: %s", name, strings.Join(fixes, ", "))
	}
	if !isDataSection(name) {
		m.Members, m.Callers = l.arrayPrograms(name, m.Spec)
		return m, nil
	}
	data, err := initialData(m.Spec)
	if err != nil {
		return nil, err
	}
	m.Data = data
	m.Frozen = strings.HasPrefix(name, ".rodata") || name == kconfigName
	return m, l.setVariables(name, data)
}

// isDataSection tells the sections that loaders turn into arrays with one
// element.
func isDataSection(name string) bool {
	return name == ".bss" || name == kconfigName || strings.HasPrefix(name, ".data") || strings.HasPrefix(name, ".rodata")
}

// initialData returns a copy of the only element's value.
func initialData(spec *ebpf.MapSpec) ([]byte, error) {
	data := make([]byte, spec.ValueSize)
	for _, kv := range spec.Contents {
		value, ok := kv.Value.([]byte)
		if !ok {
			return nil, fmt.Errorf("initial value is %T, want bytes", kv.Value)
		}
		if len(value) > len(data) {
			return nil, fmt.Errorf("initial value has %d bytes, the map holds %d", len(value), len(data))
		}
		copy(data, value)
	}
	return data, nil
}

// setVariables writes the values that a user gave to global variables.
func (l *linker) setVariables(section string, data []byte) error {
	for name, v := range l.spec.Variables {
		if v.SectionName != section || len(v.Value) == 0 {
			continue
		}
		end := uint64(v.Offset) + uint64(len(v.Value))
		if end > uint64(len(data)) {
			return fmt.Errorf("variable %s ends at %d, behind the section's %d bytes", name, end, len(data))
		}
		copy(data[v.Offset:end], v.Value)
	}
	return nil
}

// mapUser is what definitions of maps are completed for.
type mapUser struct {
	cpus    uint32
	program ebpf.ProgramType
}

// completeMap gives a map the sizes that its user would have set before it is
// created, and returns what it changed.
func completeMap(name string, spec *ebpf.MapSpec, user mapUser) (*Map, []string) {
	ms := *spec
	ms.Pinning = ebpf.PinNone
	ms.Extra = nil
	c := completion{cpus: user.cpus, rule: mapRules[ms.Type]}
	c.maxEntries(&ms)
	c.set("key_size", &ms.KeySize, c.rule.key)
	c.set("value_size", &ms.ValueSize, c.rule.value)
	m := &Map{Name: name, Spec: &ms}
	if ms.Type == ebpf.ArrayOfMaps || ms.Type == ebpf.HashOfMaps {
		ms.ValueSize = 4
		if ms.InnerMap == nil {
			ms.InnerMap = guessInner(&ms, name, user.program)
			c.fixes = append(c.fixes, "inner map missing -> "+ms.InnerMap.String())
		}
		inner, fixes := completeMap(name+".inner", ms.InnerMap, user)
		if len(fixes) > 0 {
			c.fixes = append(c.fixes, "inner: "+strings.Join(fixes, ", "))
		}
		m.Inner = inner
		ms.InnerMap = inner.Spec
	}
	return m, c.fixes
}

// mapRule is what loaders set in a map of some type where its definition has 0.
type mapRule struct {
	entries    func(cpus uint32) uint32 // nil: 1
	key, value uint32
	pages      bool // max_entries is a power of two and a number of pages
}

func noEntries(uint32) uint32   { return 0 }
func onePage(uint32) uint32     { return pageSize }
func perCPU(cpus uint32) uint32 { return cpus }

var mapRules = map[ebpf.MapType]mapRule{
	ebpf.Hash:                {key: 4},
	ebpf.Array:               {key: 4, value: 4},
	ebpf.PerCPUHash:          {key: 4, value: 4},
	ebpf.PerCPUArray:         {key: 4, value: 4},
	ebpf.LRUHash:             {key: 4, value: 4},
	ebpf.LRUCPUHash:          {key: 4, value: 4},
	ebpf.ProgramArray:        {key: 4, value: 4},
	ebpf.CGroupArray:         {key: 4, value: 4},
	ebpf.PerfEventArray:      {key: 4, value: 4, entries: perCPU},
	ebpf.StackTrace:          {key: 4, value: 8 * stackFrames},
	ebpf.BloomFilter:         {value: 8},
	ebpf.SkStorage:           {entries: noEntries},
	ebpf.InodeStorage:        {entries: noEntries},
	ebpf.TaskStorage:         {entries: noEntries},
	ebpf.CGroupStorage:       {entries: noEntries},
	ebpf.CgroupStorage:       {entries: noEntries},
	ebpf.PerCPUCGroupStorage: {entries: noEntries},
	ebpf.RingBuf:             {entries: onePage, pages: true},
	ebpf.UserRingbuf:         {entries: onePage, pages: true},
}

// completion collects the changes to one map.
type completion struct {
	cpus  uint32
	rule  mapRule
	fixes []string
}

func (c *completion) set(what string, field *uint32, value uint32) {
	if *field == 0 && value != 0 {
		c.change(what, field, value)
	}
}

func (c *completion) change(what string, field *uint32, value uint32) {
	c.fixes = append(c.fixes, fmt.Sprintf("%s %d -> %d", what, *field, value))
	*field = value
}

func (c *completion) maxEntries(ms *ebpf.MapSpec) {
	if ms.MaxEntries == 0 {
		entries := uint32(1)
		if c.rule.entries != nil {
			entries = c.rule.entries(c.cpus)
		}
		c.set("max_entries", &ms.MaxEntries, entries)
		return
	}
	if !c.rule.pages {
		return
	}
	size := uint32(pageSize)
	for size < ms.MaxEntries && size != 0 {
		size *= 2
	}
	if size != ms.MaxEntries && size != 0 {
		c.change("max_entries", &ms.MaxEntries, size)
	}
}

// guessInner makes up the inner map that the definition of a map of maps lacks
// because user space supplies it. What selects sockets has arrays of them.
func guessInner(outer *ebpf.MapSpec, name string, program ebpf.ProgramType) *ebpf.MapSpec {
	inner := &ebpf.MapSpec{Name: "inner", Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	switch {
	case program == ebpf.SkReuseport:
		inner.Type = ebpf.ReusePortSockArray
	case outer.Type == ebpf.HashOfMaps:
		inner.Type = ebpf.Hash
	}
	for _, known := range knownInner {
		if strings.HasSuffix(name, known.suffix) {
			inner.Type, inner.ValueSize = known.typ, known.value
		}
	}
	return inner
}

// knownInner are inner maps that widely used projects create at run time.
var knownInner = []struct {
	suffix string
	typ    ebpf.MapType
	value  uint32
}{
	{"_maglev", ebpf.Array, 4 * 32749}, // Cilium's load balancer: a table of backends
}
