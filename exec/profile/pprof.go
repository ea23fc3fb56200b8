package profile

import (
	"cmp"
	"io"
	"slices"

	"github.com/google/pprof/profile"
)

// Kinds of values of a sample, in the order of the profile.
const (
	valueInsns = iota
	valueTime
	valueHelperTime
	valueMapOps
	valuePacket
	valueInvocations
	numValues
)

var valueTypes = [numValues]profile.ValueType{
	valueInsns:      {Type: "instructions", Unit: "count"},
	valueTime:       {Type: "time", Unit: "nanoseconds"},
	valueHelperTime: {Type: "helper_time", Unit: "nanoseconds"},
	valueMapOps:     {Type: "map_operations", Unit: "count"},
	valuePacket:     {Type: "packet", Unit: "bytes"},

	valueInvocations: {Type: "invocations", Unit: "count"},
}

// slotBytes is the size of an instruction; addresses of the profile count
// bytes from the start of a program.
const slotBytes = 8

// programStride separates the addresses of programs. A program has at most a
// million instructions.
const programStride = 1 << 24

// Write writes what was recorded as a gzipped profile for "go tool pprof".
func (r *Recorder) Write(w io.Writer) error { return r.Profile().Write(w) }

// Profile returns what was recorded. Each sample is an instruction, or the
// helper that it calls, with the chain of calls that leads there.
func (r *Recorder) Profile() *profile.Profile {
	b := &builder{
		out:       &profile.Profile{DefaultSampleType: "instructions"},
		functions: make(map[frameKey]*profile.Function),
		locations: make(map[uint64]*profile.Location),
		helpers:   make(map[string]*profile.Location),
	}
	for i := range valueTypes {
		v := valueTypes[i]
		b.out.SampleType = append(b.out.SampleType, &v)
	}
	for _, p := range r.programs {
		b.addMapping(p)
	}
	r.walk(func(_ int, c *context) { b.context(c) })
	for _, p := range r.programs {
		b.invocations(p, r.lanes)
	}
	b.out.PeriodType, b.out.Period = b.out.SampleType[valueTime], int64(Period)
	b.mainFirst()
	return b.out
}

// mainFirst moves the program in which most instructions ran to the front: pprof
// calls the profile after the first.
func (b *builder) mainFirst() {
	ran := make(map[*profile.Mapping]int64)
	for _, s := range b.out.Sample {
		ran[s.Location[0].Mapping] += s.Value[valueInsns]
	}
	slices.SortStableFunc(b.out.Mapping, func(x, y *profile.Mapping) int { return cmp.Compare(ran[y], ran[x]) })
}

type frameKey struct {
	name, file string
	first      int
}

type builder struct {
	out       *profile.Profile
	functions map[frameKey]*profile.Function
	locations map[uint64]*profile.Location // by address
	helpers   map[string]*profile.Location
}

func (b *builder) addMapping(p *program) {
	start := uint64(p.id+1) * programStride
	b.out.Mapping = append(b.out.Mapping, &profile.Mapping{
		ID: uint64(len(b.out.Mapping) + 1), Start: start, Limit: start + uint64(len(p.Insns))*slotBytes, File: p.Name,
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true,
	})
}

// context adds the samples of a function that was called in one way.
func (b *builder) context(c *context) {
	values := make([][numValues]int64, c.fn.end-c.fn.start)
	for i, k := range c.fn.counters {
		b.counter(values, c, i, k)
	}
	callers := b.callers(c)
	for i := range values {
		b.sample(&values[i], append([]*profile.Location{b.location(c.fn, c.fn.start+i)}, callers...))
	}
	for i, s := range c.calls {
		b.call(c, &c.fn.calls[i], s, callers)
	}
}

// counter shares out what one counter counted among instructions. An edge
// belongs to the block before it.
func (b *builder) counter(values [][numValues]int64, c *context, i int, k counter) {
	at := func(slot int) *[numValues]int64 { return &values[slot-c.fn.start] }
	switch k.kind {
	case countBlock:
		n := int64(k.end - k.slot)
		for s := k.slot; s < k.end; s++ {
			if s > k.slot && c.fn.program.Insns[s-1].IsWide() {
				continue // second half of a constant
			}
			at(s)[valueInsns] += int64(c.Counts[i])
			at(s)[valueTime] += c.times[i] / n
		}
		at(k.slot)[valueTime] += c.times[i] % n
	case countEdge:
		at(k.slot)[valueTime] += c.times[i]
	case countAccess:
		at(k.slot)[valuePacket] += int64(c.Counts[i])
	}
}

// call adds the samples of calls of a helper: its time is its own, what it
// does counts for the instruction that calls it.
func (b *builder) call(c *context, info *call, s callStat, callers []*profile.Location) {
	stack := append([]*profile.Location{b.helper(info.name), b.location(c.fn, info.slot)}, callers...)
	v := [numValues]int64{valueTime: s.time, valueHelperTime: s.time, valuePacket: int64(s.bytes)}
	if info.mapOp {
		v[valueMapOps] = int64(s.count)
	}
	b.sample(&v, stack)
}

func (b *builder) sample(v *[numValues]int64, stack []*profile.Location) {
	if *v == [numValues]int64{} {
		return
	}
	b.out.Sample = append(b.out.Sample, &profile.Sample{Location: stack, Value: append([]int64(nil), v[:]...)})
}

// callers returns the calls that led to a context, the newest first.
func (b *builder) callers(c *context) []*profile.Location {
	var list []*profile.Location
	for ; c.parent != nil; c = c.parent {
		if c.site >= 0 {
			list = append(list, b.location(c.parent.fn, c.site))
		}
	}
	return list
}

// location returns that of an instruction.
func (b *builder) location(fn *function, slot int) *profile.Location {
	m := b.out.Mapping[fn.program.id]
	addr := m.Start + uint64(slot)*slotBytes
	if l := b.locations[addr]; l != nil {
		return l
	}
	l := b.newLocation(m, addr)
	for _, f := range fn.frames(slot) {
		l.Line = append(l.Line, profile.Line{Function: b.function(f), Line: int64(f.line)})
	}
	b.locations[addr] = l
	return l
}

func (b *builder) helper(name string) *profile.Location {
	if l := b.helpers[name]; l != nil {
		return l
	}
	l := b.newLocation(nil, 0)
	l.Line = []profile.Line{{Function: b.function(frame{name: name})}}
	b.helpers[name] = l
	return l
}

func (b *builder) newLocation(m *profile.Mapping, addr uint64) *profile.Location {
	l := &profile.Location{ID: uint64(len(b.out.Location) + 1), Mapping: m, Address: addr}
	b.out.Location = append(b.out.Location, l)
	return l
}

func (b *builder) function(f frame) *profile.Function {
	key := frameKey{f.name, f.file, f.first}
	if fn := b.functions[key]; fn != nil {
		return fn
	}
	fn := &profile.Function{
		ID: uint64(len(b.out.Function) + 1), Name: f.name, SystemName: f.name, Filename: f.file, StartLine: int64(f.first),
	}
	b.functions[key] = fn
	b.out.Function = append(b.out.Function, fn)
	return fn
}
