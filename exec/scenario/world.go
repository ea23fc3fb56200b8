package scenario

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	exmaps "github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
)

// World is a scenario that is being played. It is used once: Config makes the
// machine's configuration, programs are loaded into the machine, Run plays the
// events.
type World struct {
	file  *File
	m     *exec.Machine
	names names
	regs  *regLayout
	tasks map[string]*exec.Task

	functions map[string]*function
	probes    map[string][]*exec.Program // of tracepoints, by name
	called    map[string]bool            // helpers of the file that a program calls
	results   map[string]int             // how often a helper was called

	running map[int]*exec.Program // by CPU
	depth   int                   // of the function that is called
	report  *Report
	step    *Step // the event that is played
}

// New returns the world of a scenario.
func New(f *File) *World {
	w := &World{
		file: f, names: make(names), tasks: make(map[string]*exec.Task), functions: make(map[string]*function),
		probes: make(map[string][]*exec.Program), called: make(map[string]bool), results: make(map[string]int),
		running: make(map[int]*exec.Program), report: &Report{Version: Version, Missed: make(map[string]int)}, step: &Step{},
	}
	for i := range f.Tasks {
		w.tasks[f.Tasks[i].Name] = newTask(&f.Tasks[i])
	}
	return w
}

func newTask(t *Task) *exec.Task {
	made := &exec.Task{PID: t.PID, TGID: t.TGID, UID: t.UID, GID: t.GID, Comm: t.Comm, CgroupID: t.Cgroup, Start: uint64(t.Start)}
	if made.TGID == 0 {
		made.TGID = made.PID
	}
	return made
}

// Config completes the configuration of the machine that the programs are
// loaded into.
func (w *World) Config(base exec.Config) exec.Config {
	f := w.file
	if f.Seed != 0 {
		base.Seed = f.Seed
	}
	base.Uptime = time.Duration(f.Clock)
	if f.Task != nil {
		base.Task = newTask(f.Task)
	}
	for _, e := range f.Events {
		base.CPUs = max(base.CPUs, e.CPU+1)
	}
	trace := base.Trace
	base.Trace = func(line string) {
		w.step.Trace = append(w.step.Trace, line)
		if trace != nil {
			trace(line)
		}
	}
	base.Helper = w.replace
	return base
}

// replace gives a helper of the file its results.
func (w *World) replace(name string, f vm.Func) vm.Func {
	h, ok := w.file.Helpers[name]
	if !ok {
		return f
	}
	w.called[name] = true
	return func(c *vm.CPU) (uint64, error) {
		for reg, v := range h.Writes {
			if err := w.write(c, int(reg[1]-'0'), v); err != nil {
				return 0, w.file.at(h.Line, "%s: %w", name, err)
			}
		}
		for _, callee := range h.Calls {
			if _, err := w.call(c.ID, callee, nil, 1); err != nil {
				return 0, err
			}
		}
		if len(h.Returns) == 0 {
			return f(c)
		}
		i := min(w.results[name], len(h.Returns)-1)
		w.results[name]++
		v, err := w.names.number(h.Returns[i])
		if err != nil {
			return 0, w.file.at(h.Line, "%s: %w", name, err)
		}
		return v, nil
	}
}

// write fills the memory that a register points to.
func (w *World) write(c *vm.CPU, reg int, v Value) error {
	text, _ := v.raw.(string)
	b, err := parseHex(text)
	if err != nil || !strings.HasPrefix(text, "0x") {
		b = append([]byte(text), 0)
	}
	dst, err := c.Mem.Write(c.R[reg], len(b))
	copy(dst, b)
	return err
}

// Run plays the events with the programs of a machine. The error names the
// first event that failed or did not give what was expected; the report is
// that of the events until then.
func (w *World) Run(m *exec.Machine) (*Report, error) {
	w.m, w.regs = m, layoutFor(w.file.Arch, kernelOf(m))
	for _, build := range []func() error{w.addMemory, w.addFunctions, w.addObjects, w.surround, w.fillMemory, w.fillMaps, w.attach} {
		if err := build(); err != nil {
			return nil, err
		}
	}
	for name, h := range w.file.Helpers {
		if !w.called[name] {
			return nil, w.file.at(h.Line, "no program calls %s", name)
		}
	}
	devices, routes, err := w.file.network()
	if err != nil {
		return nil, err
	}
	for cpu := range m.CPUs() {
		env, _ := m.CPU(cpu)
		env.Devices, env.Routes = devices, routes
		for _, t := range sortedKeys(w.tasks) {
			env.Tasks = append(env.Tasks, w.tasks[t])
		}
	}
	for i := range w.file.Events {
		if err := w.play(&w.file.Events[i]); err != nil {
			return w.report, err
		}
	}
	return w.report, nil
}

// kernelOf returns the kernel that the programs are linked for.
func kernelOf(m *exec.Machine) linux.Version {
	for _, p := range m.Programs() {
		if t := p.Model().Target; t != nil && t.Kernel != (linux.Version{}) {
			return t.Kernel
		}
	}
	return linux.DefaultTarget()
}

// addMemory gives addresses to memory, tasks and functions.
func (w *World) addMemory() error {
	for _, g := range w.file.Memory {
		size := max(g.Size, 8*len(g.Words), len(g.Hex)/2)
		if g.Text != "" {
			size = max(g.Size, len(g.Text)+1)
		}
		b := make([]byte, size)
		region, info := mem.Region{R: b, W: b}, mem.Info{Name: "memory " + g.Name}
		addr := g.At
		if addr == 0 {
			addr = w.m.Space().Add(region, info)
		} else if err := w.m.Space().AddAt(addr, region, info); err != nil {
			return w.file.at(g.Line, "%w", err)
		}
		w.names[g.Name] = addr
	}
	for name, t := range w.tasks {
		w.names[name] = w.m.TaskAddr(t)
	}
	env, _ := w.m.CPU(0)
	w.names["current"] = w.m.TaskAddr(env.Task)
	return nil
}

// fillMemory sets what memory holds, which may be addresses.
func (w *World) fillMemory() error {
	_, view := w.m.CPU(0)
	for _, g := range w.file.Memory {
		content := []byte(g.Text)
		if g.Hex != "" {
			var err error
			if content, err = parseHex(g.Hex); err != nil {
				return w.file.at(g.Line, "hex: %w", err)
			}
		}
		for _, v := range g.Words {
			n, err := w.names.number(v)
			if err != nil {
				return w.file.at(v.Line, "%w", err)
			}
			content = binary.LittleEndian.AppendUint64(content, n)
		}
		dst, err := view.Write(w.names[g.Name], len(content))
		if err != nil && len(content) > 0 {
			return w.file.at(g.Line, "%w", err)
		}
		copy(dst, content)
	}
	return nil
}

// addObjects makes the kernel's objects, then sets their members.
func (w *World) addObjects() error {
	made := make([]*exec.Object, len(w.file.Objects))
	for i, o := range w.file.Objects {
		var err error
		if made[i], err = w.m.NewObject(o.Type); err != nil {
			return w.file.at(o.Line, "%w", err)
		}
		w.names[o.Name] = made[i].Addr
	}
	for i, o := range w.file.Objects {
		for _, path := range sortedKeys(o.Fields) {
			v := o.Fields[path]
			if err := w.names.put(made[i].Data, made[i].Type, path, v); err != nil {
				return w.file.at(v.Line, "%w", err)
			}
		}
	}
	return nil
}

func (w *World) fillMaps() error {
	for _, name := range sortedKeys(w.file.Maps) {
		for _, e := range w.file.Maps[name] {
			m := w.m.Map(name)
			if m == nil {
				return w.file.at(e.Line, "the programs have no map %q", name)
			}
			if err := w.fillElement(m, &e); err != nil {
				return w.file.at(e.Line, "map %s: %w", name, err)
			}
		}
	}
	return nil
}

func (w *World) fillElement(m *exec.Map, e *Element) error {
	spec := m.Raw().Spec()
	key, err := w.names.make(m.Spec().Key, int(spec.KeySize), e.Key)
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	value, err := w.names.make(m.Spec().Value, int(spec.ValueSize), e.Value)
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	if ring, ok := m.Raw().(*exmaps.UserRing); ok {
		return sent(ring, e, w.names)
	}
	one := append(value, make([]byte, -len(value)&7)...)
	for len(value) < m.ValueLen() {
		value = append(value[:len(value):len(value)], one...)
	}
	return m.Update(key, value[:m.ValueLen()], exmaps.Any)
}

// sent puts a record into a user ring buffer.
func sent(ring *exmaps.UserRing, e *Element, n names) error {
	text, ok := e.Value.raw.(string)
	if !ok {
		return fmt.Errorf("a record is hex digits")
	}
	b, err := parseHex(text)
	if err != nil {
		return err
	}
	if e := ring.Send(b); e != 0 {
		return e
	}
	return nil
}

// attach finds what programs are attached to.
func (w *World) attach() error {
	for _, name := range sortedKeys(w.m.Programs()) {
		p := w.m.Program(name)
		at := attachment(p)
		if at.kind == onTracepoint {
			w.probes[at.target] = append(w.probes[at.target], p)
			continue
		}
		if fn := w.functions[at.target]; fn != nil && at.kind != onNothing {
			fn.programs[at.kind] = append(fn.programs[at.kind], p)
		}
	}
	return nil
}

// place is where a program is attached.
type place uint8

const (
	onNothing place = iota
	onEntry         // kprobe
	onReturn        // kretprobe
	onFentry
	onFexit
	onModify // fmod_ret and LSM: its result replaces the function's
	onTracepoint
	numPlaces
)

type attached struct {
	kind   place
	target string
}

// attachment reads where a program is attached from its section.
func attachment(p *exec.Program) attached {
	model := p.Model()
	target, _, _ := strings.Cut(model.AttachTo, "+")
	switch model.Type {
	case ebpf.Kprobe:
		if strings.Contains(model.Section, "ret") && strings.HasPrefix(strings.TrimPrefix(model.Section, "?"), "kret") {
			return attached{onReturn, target}
		}
		return attached{onEntry, target}
	case ebpf.TracePoint, ebpf.RawTracepoint, ebpf.RawTracepointWritable:
		return attached{onTracepoint, strings.ReplaceAll(model.AttachTo, "/", ":")}
	case ebpf.LSM:
		return attached{onModify, target}
	case ebpf.Tracing:
		switch model.AttachType {
		case ebpf.AttachTraceFEntry:
			return attached{onFentry, target}
		case ebpf.AttachTraceFExit:
			return attached{onFexit, target}
		case ebpf.AttachModifyReturn:
			return attached{onModify, target}
		case ebpf.AttachTraceRawTp:
			return attached{onTracepoint, target}
		}
	}
	return attached{}
}
