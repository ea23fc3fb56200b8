package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Version is the version of the format.
const Version = 1

// File is a scenario. Its fields are those of the document.
type File struct {
	Version   int                  `yaml:"version"`
	Arch      string               `yaml:"arch"`
	Seed      uint64               `yaml:"seed"`
	Clock     Duration             `yaml:"clock"`
	Task      *Task                `yaml:"task"`
	Tasks     []Task               `yaml:"tasks"`
	Memory    []Memory             `yaml:"memory"`
	Objects   []Object             `yaml:"objects"`
	Maps      map[string][]Element `yaml:"maps"`
	Helpers   map[string]Helper    `yaml:"helpers"`
	Functions map[string]Function  `yaml:"functions"`

	Surroundings `yaml:",inline"`
	Network      `yaml:",inline"`

	Events []Event `yaml:"events"`

	name string
}

// Task is a process.
type Task struct {
	Line   `yaml:"-"`
	Name   string `yaml:"name"`
	PID    uint32 `yaml:"pid"`
	TGID   uint32 `yaml:"tgid"`
	UID    uint32 `yaml:"uid"`
	GID    uint32 `yaml:"gid"`
	Comm   string `yaml:"comm"`
	Cgroup uint64 `yaml:"cgroup"`
	// Start is how long after boot it started.
	Start Duration `yaml:"start"`
}

// Memory is a piece of the simulated kernel's or process's memory.
type Memory struct {
	Line `yaml:"-"`
	Name string `yaml:"name"`
	At   uint64 `yaml:"at"`
	Size int    `yaml:"size"`
	Text string `yaml:"text"`
	Hex  string `yaml:"hex"`
	// Words are 8-byte numbers, such as pointers.
	Words []Value `yaml:"words"`
}

// Object is an object of the kernel, laid out by its BTF.
type Object struct {
	Line   `yaml:"-"`
	Name   string           `yaml:"name"`
	Type   string           `yaml:"type"`
	Fields map[string]Value `yaml:"fields"`
}

// Element is an element of a map.
type Element struct {
	Line  `yaml:"-"`
	Key   Value `yaml:"key"`
	Value Value `yaml:"value"`
}

// Helper is what a helper or kfunc does instead of what it is simulated to do.
type Helper struct {
	Line `yaml:"-"`
	// Returns are its results, one after the other; the last one stays.
	Returns []Value `yaml:"returns"`
	// Writes fills the memory that an argument, such as "r3", points to.
	Writes map[string]Value `yaml:"writes"`
	// Calls are functions that run while the helper does.
	Calls []string `yaml:"calls"`
}

// Function is a function of the kernel that programs can be attached to.
type Function struct {
	Line `yaml:"-"`
	// At is its address; 0 gives it one.
	At uint64 `yaml:"at"`
	// Injectable says that it opted in to error injection.
	Injectable bool `yaml:"injectable"`
	// Calls are the functions that its body calls, in order. When one fails
	// the rest is not run, and its error is the function's.
	Calls []string `yaml:"calls"`
	// Cleanup are the functions that its body calls when one of Calls failed.
	Cleanup []string `yaml:"cleanup"`
	// Returns is the result of a body in which nothing failed.
	Returns Value `yaml:"returns"`
	// Args is how many arguments it has, for fentry, fexit, fmod_ret and LSM
	// programs at a function that the kernel's types do not list; 0 means that it is
	// not known, and five are saved.
	Args int `yaml:"args"`
}

// Event is one step. Exactly one of Call, Program, Tracepoint, RawTracepoint
// and Advance is set.
type Event struct {
	Line `yaml:"-"`
	// Call calls a function.
	Call string  `yaml:"call"`
	Args []Value `yaml:"args"`
	// Program runs a program by its name.
	Program string           `yaml:"program"`
	Data    Bytes            `yaml:"data"`
	Ctx     Bytes            `yaml:"ctx"`
	Regs    map[string]Value `yaml:"regs"`
	Struct  string           `yaml:"struct"` // type of the context for Fields
	Fields  map[string]Value `yaml:"fields"`
	// Tracepoint is "category:name"; Format its format as tracefs has it.
	Tracepoint    string `yaml:"tracepoint"`
	Format        string `yaml:"format"`
	RawTracepoint string `yaml:"raw_tracepoint"`
	// Advance moves the time on and runs timers.
	Advance Duration `yaml:"advance"`
	// Sysctl is the file that a cgroup/sysctl program decides about.
	Sysctl *Sysctl `yaml:"sysctl"`

	CPU    int     `yaml:"cpu"`
	Task   string  `yaml:"task"`
	Stack  *Stack  `yaml:"stack"`
	Repeat int     `yaml:"repeat"`
	Expect *Expect `yaml:"expect"`
}

// Stack is the stack of the task during an event.
type Stack struct {
	Line   `yaml:"-"`
	Kernel []Value `yaml:"kernel"`
	User   []Value `yaml:"user"`
}

// Expect is what an event has to result in.
type Expect struct {
	Line   `yaml:"-"`
	Return *Value `yaml:"return"`
	Data   *Bytes `yaml:"data"`
	// Ran and Skipped are functions whose body ran, or did not run because a
	// program set the result.
	Ran     []string `yaml:"ran"`
	Skipped []string `yaml:"skipped"`
	// Missed counts programs that did not run because another one ran.
	Missed *int     `yaml:"missed"`
	Trace  []string `yaml:"trace"`
}

// Line is where in the document something stands, from 1.
type Line int

// Duration is a time such as "10ms".
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is no duration such as 10ms", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// strict reads a mapping into a struct and refuses unknown keys.
func strict(n *yaml.Node, line *Line, into any) error {
	*line = Line(n.Line)
	return n.Load(into, yaml.WithKnownFields())
}

// Each struct that has a line reads itself, so that it learns it.

// UnmarshalYAML reads a task.
func (t *Task) UnmarshalYAML(n *yaml.Node) error {
	type plain Task
	return strict(n, &t.Line, (*plain)(t))
}

// UnmarshalYAML reads a piece of memory.
func (m *Memory) UnmarshalYAML(n *yaml.Node) error {
	type plain Memory
	return strict(n, &m.Line, (*plain)(m))
}

// UnmarshalYAML reads an object.
func (o *Object) UnmarshalYAML(n *yaml.Node) error {
	type plain Object
	return strict(n, &o.Line, (*plain)(o))
}

// UnmarshalYAML reads an element.
func (e *Element) UnmarshalYAML(n *yaml.Node) error {
	type plain Element
	return strict(n, &e.Line, (*plain)(e))
}

// UnmarshalYAML reads a helper, of which one result is short for a mapping.
func (h *Helper) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		h.Line = Line(n.Line)
		h.Returns = make([]Value, 1)
		return h.Returns[0].UnmarshalYAML(n)
	}
	type plain Helper
	return strict(n, &h.Line, (*plain)(h))
}

// UnmarshalYAML reads a function.
func (f *Function) UnmarshalYAML(n *yaml.Node) error {
	type plain Function
	return strict(n, &f.Line, (*plain)(f))
}

// UnmarshalYAML reads an event.
func (e *Event) UnmarshalYAML(n *yaml.Node) error {
	type plain Event
	return strict(n, &e.Line, (*plain)(e))
}

// UnmarshalYAML reads a stack.
func (s *Stack) UnmarshalYAML(n *yaml.Node) error {
	type plain Stack
	return strict(n, &s.Line, (*plain)(s))
}

// UnmarshalYAML reads an expectation.
func (x *Expect) UnmarshalYAML(n *yaml.Node) error {
	type plain Expect
	return strict(n, &x.Line, (*plain)(x))
}

// Parse reads a scenario; the name is for errors.
func Parse(name string, text []byte) (*File, error) {
	f := &File{name: name, Arch: archX86}
	if err := yaml.Load(text, f, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, oneLine(err))
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

// unknownKey is what the library says of a key that no field is for.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type [\w.]+`)

// badYAML is what the library puts before its words about text that is no YAML.
var badYAML = regexp.MustCompile(`^go-yaml load error in \w+ at L(\d+)\.C(\d+): `)

// oneLine makes a list of errors one line, in the words of YAML.
func oneLine(err error) error {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	text := strings.TrimPrefix(strings.Join(parts, " "), "yaml: construct errors: ")
	text = badYAML.ReplaceAllString(text, "line $1, column $2: not YAML: ")
	return errors.New(unknownKey.ReplaceAllString(text, `no key "$1" here`))
}

// at is an error at a line of the file.
func (f *File) at(line Line, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.name, line, fmt.Errorf(format, args...))
}
