//go:build !linux

package oracle

import (
	"fmt"
	"runtime"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

var errOther = fmt.Errorf("%w: %s has no bpf(2)", ErrNoKernel, runtime.GOOS)

// Kernel is the kernel of this machine; here there is none, so that nobody gets
// one.
type Kernel struct{}

// Open returns ErrNoKernel.
func Open() (*Kernel, error) { return nil, errOther }

// Version returns the zero version.
func (*Kernel) Version() linux.Version { return linux.Version{} }

// Release returns nothing.
func (*Kernel) Release() string { return "" }

// Crashed returns false.
func (*Kernel) Crashed() bool { return false }

// Types returns ErrNoKernel.
func (*Kernel) Types() (*btf.Spec, error) { return nil, errOther }

// Target returns the default target.
func (*Kernel) Target() *prog.Target { return &prog.Target{Kernel: linux.DefaultTarget()} }

// Load returns ErrNoKernel.
func (*Kernel) Load(*prog.Program, Options) (*Result, error) { return nil, errOther }

// NewSession returns a session whose loads fail.
func (*Kernel) NewSession() *Session { return new(Session) }

// NewRaw returns ErrNoKernel.
func (*Kernel) NewRaw([]*ebpf.MapSpec, int) (*Raw, error) { return nil, errOther }

// LoadTypes returns ErrNoKernel.
func (*Kernel) LoadTypes([]byte) (*RawTypes, error) { return nil, errOther }

// Attach returns ErrNoKernel.
func (*Kernel) Attach(*prog.Program) (uint32, ebpf.AttachType, error) { return 0, 0, errOther }

// RawTypes is BTF in the kernel.
type RawTypes struct{}

// Close does nothing.
func (*RawTypes) Close() {}

// LoadBTF answers that the system call does not exist.
func (*Kernel) LoadBTF([]byte, []byte) (errno, line string) { return "ENOSYS", "" }

// Session loads programs that share maps.
type Session struct{}

// Close does nothing.
func (*Session) Close() {}

// Load returns ErrNoKernel.
func (*Session) Load(*prog.Program, Options) (*Result, error) { return nil, errOther }

// Program is a program that was loaded and kept.
type Program struct{}

// Close does nothing.
func (*Program) Close() error { return nil }

// FD returns no descriptor.
func (*Program) FD() int { return -1 }

// Run returns ErrNoKernel.
func (*Program) Run(RunInput) (*RunOutput, error) { return nil, errOther }

// Raw loads bare instruction streams.
type Raw struct{}

// Close does nothing.
func (*Raw) Close() {}

// Maps returns none.
func (*Raw) Maps() []*ebpf.Map { return nil }

// Load answers that the system call does not exist.
func (*Raw) Load(*RawProgram, LogLevel) RawAnswer { return RawAnswer{Errno: 38} }

// Keep answers that the system call does not exist.
func (*Raw) Keep(*RawProgram, LogLevel) (*Program, RawAnswer) { return nil, RawAnswer{Errno: 38} }

// String gives the number.
func (e ErrnoValue) String() string { return strconv.Itoa(int(e)) }
