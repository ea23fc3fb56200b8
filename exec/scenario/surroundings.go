package scenario

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
)

// Surroundings are what helpers know of the world besides tasks, memory and
// objects.
type Surroundings struct {
	// Cgroups are the parents of cgroups by their IDs; the root is 1.
	Cgroups map[uint64]uint64 `yaml:"cgroups"`
	// Symbols are addresses of the kernel's symbols besides the functions.
	Symbols map[string]Value `yaml:"symbols"`
	// Paths are names of files by the object or memory that stands for their
	// struct path.
	Paths map[string]string `yaml:"paths"`
	// Namespace is the PID namespace of all tasks.
	Namespace *Namespace `yaml:"pid_namespace"`
	// Options are those of the socket of programs.
	Options []Option `yaml:"socket_options"`
}

// Namespace names a PID namespace by its file.
type Namespace struct {
	Line `yaml:"-"`
	Dev  uint64 `yaml:"dev"`
	Ino  uint64 `yaml:"ino"`
}

// Option is an option of a socket.
type Option struct {
	Line  `yaml:"-"`
	Level int32 `yaml:"level"`
	Name  int32 `yaml:"name"`
	// Value is a number of 4 bytes or text.
	Value Value `yaml:"value"`
}

// Sysctl is the file that a cgroup/sysctl program decides about.
type Sysctl struct {
	Line  `yaml:"-"`
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
	// New is what is written to it; without it the file is read.
	New *string `yaml:"new"`
}

// UnmarshalYAML reads a namespace.
func (n *Namespace) UnmarshalYAML(y *yaml.Node) error {
	type plain Namespace
	return strict(y, &n.Line, (*plain)(n))
}

// UnmarshalYAML reads an option.
func (o *Option) UnmarshalYAML(y *yaml.Node) error {
	type plain Option
	return strict(y, &o.Line, (*plain)(o))
}

// UnmarshalYAML reads a sysctl file.
func (s *Sysctl) UnmarshalYAML(y *yaml.Node) error {
	type plain Sysctl
	return strict(y, &s.Line, (*plain)(s))
}

// surround tells the machine what helpers know.
func (w *World) surround() error {
	world := w.m.World()
	for id, parent := range w.file.Cgroups {
		world.Cgroups[id] = parent
	}
	for _, t := range w.tasks {
		if _, listed := world.Cgroups[t.CgroupID]; !listed {
			world.Cgroups[t.CgroupID] = 0
		}
	}
	world.Symbols = make(map[string]uint64)
	for name, fn := range w.functions {
		world.Symbols[name] = fn.addr
	}
	for name, v := range w.file.Symbols {
		addr, err := w.names.number(v)
		if err != nil {
			return w.file.at(v.Line, "symbol %s: %w", name, err)
		}
		world.Symbols[name] = addr
	}
	world.Paths = make(map[uint64]string)
	for name, path := range w.file.Paths {
		addr, ok := w.names[name]
		if !ok {
			return w.file.at(1, "paths: there is no object or memory %q", name)
		}
		world.Paths[addr] = path
	}
	if n := w.file.Namespace; n != nil {
		world.PIDNamespace = helper.FileID{Dev: n.Dev, Ino: n.Ino}
	}
	for _, o := range w.file.Options {
		if err := w.setOption(world, &o); err != nil {
			return w.file.at(o.Line, "socket option: %w", err)
		}
	}
	return nil
}

func (w *World) setOption(world *helper.World, o *Option) error {
	v, err := w.names.number(o.Value)
	if err != nil {
		text, ok := o.Value.raw.(string)
		if !ok {
			return err
		}
		world.SetOption(o.Level, o.Name, []byte(text))
		return nil
	}
	world.SetOption(o.Level, o.Name, binary.LittleEndian.AppendUint32(nil, uint32(v)))
	return nil
}

// opened returns the sysctl file of an event, and the context that goes with it.
func (s *Sysctl) opened() (helper.Sysctl, []byte) {
	ctx := make([]byte, 8) // struct bpf_sysctl
	file := helper.Sysctl{Name: s.Name, Value: s.Value}
	if s.New != nil {
		ctx[0], file.New = 1, []byte(*s.New)
	}
	return file, ctx
}

// Effects are what a program did that a result does not tell.
type Effects struct {
	// Signals are those that it sent.
	Signals []string `json:"signals,omitempty"`
	// Redirect is where it sent the packet or the message.
	Redirect string `json:"redirect,omitempty"`
	// Options are what it wrote into the header of a TCP packet, as hex digits;
	// Reserved is the room that it asked for.
	Options  string `json:"options,omitempty"`
	Reserved int    `json:"reserved,omitempty"`
	// Apply and Cork are what it said of a message, in bytes.
	Apply uint32 `json:"apply,omitempty"`
	Cork  uint32 `json:"cork,omitempty"`
	// Sysctl is what it wants to be written to the file.
	Sysctl string `json:"sysctl,omitempty"`
}

// effects reads what a program did.
func (w *World) effects(env *helper.Env, out *exec.Output, sysctl string) Effects {
	e := Effects{
		Options: hex.EncodeToString(env.Options.Written), Reserved: env.Options.Reserved,
		Apply: env.Message.Apply, Cork: env.Message.Cork,
	}
	for _, s := range w.m.World().Signals() {
		to := "process"
		id := s.To.TGID
		if s.Thread {
			to, id = "thread", s.To.PID
		}
		e.Signals = append(e.Signals, fmt.Sprintf("%d to %s %d", s.Number, to, id))
	}
	switch r := out.Redirect; {
	case r.Map != "":
		e.Redirect = fmt.Sprintf("map %s, key %x", r.Map, r.Key)
	case r.Ifindex != 0:
		e.Redirect = fmt.Sprintf("device %d", r.Ifindex)
	}
	if now := string(env.Sysctl.New); now != sysctl {
		e.Sysctl = now
	}
	return e
}

// lines says what a program did.
func (e *Effects) lines() (list []string) {
	add := func(there bool, format string, args ...any) {
		if there {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	for _, s := range e.Signals {
		add(true, "sends signal %s", s)
	}
	add(e.Redirect != "", "redirects to %s", e.Redirect)
	add(e.Reserved > 0 && e.Options == "", "reserves %d bytes of options", e.Reserved)
	add(e.Options != "", "writes options %s", e.Options)
	add(e.Apply > 0, "applies to %d bytes", e.Apply)
	add(e.Cork > 0, "waits for %d bytes", e.Cork)
	add(e.Sysctl != "", "sets the value %q", e.Sysctl)
	return list
}
