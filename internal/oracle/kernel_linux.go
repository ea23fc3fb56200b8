package oracle

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Kernel is the kernel of this machine. Its methods may be called by several
// goroutines.
type Kernel struct {
	version linux.Version
	patch   uint16
	release string

	types  func() (*btf.Spec, error)
	view   func() (*view.Types, error)
	config func() (map[string]string, error)
}

// Open finds out what kernel runs here and that it answers to bpf(2). The error
// wraps ErrNoKernel when it does not, or not to this process.
func Open() (*Kernel, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, fmt.Errorf("%w: uname: %w", ErrNoKernel, err)
	}
	release := unix.ByteSliceToString(name.Release[:])
	parsed, err := linux.ParseRelease(release)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	// Kernels before 5.11 charge maps and programs to this limit.
	_ = rlimit.RemoveMemlock()
	k := &Kernel{
		version: parsed.Version,
		patch:   parsed.Patch,
		release: release,
		types:   sync.OnceValues(btf.LoadKernelSpec),
		view:    sync.OnceValues(kernelbtf.RunningView),
		config:  sync.OnceValues(readConfig),
	}
	if err := k.probe(); err != nil {
		return nil, err
	}
	return k, nil
}

// probe loads the shortest program that every kernel accepts from root.
func (k *Kernel) probe() error {
	insns := []uint64{pack(mov0), pack(exit)}
	license := []byte{0}
	attr := loadAttr{progType: uint32(ebpf.SocketFilter), insnCnt: 2, insns: address(insns), license: address(license)}
	fd, errno := bpf(cmdProgLoad, &attr)
	if errno != 0 {
		return fmt.Errorf("%w: bpf(2) on Linux %s: %s", ErrNoKernel, k.release, errnoName(errno))
	}
	return unix.Close(fd)
}

// Version returns the kernel's version.
func (k *Kernel) Version() linux.Version { return k.version }

// Release returns the kernel's full name, such as "6.18.15+deb13-cloud-amd64".
func (k *Kernel) Release() string { return k.release }

// Types returns the kernel's BTF. It is parsed on the first call.
func (k *Kernel) Types() (*btf.Spec, error) { return k.types() }

// Target describes this kernel, with the capabilities of root, to the linker.
func (k *Kernel) Target() *prog.Target {
	return &prog.Target{
		Kernel:      k.version,
		Patch:       k.patch,
		Caps:        linux.CapAll,
		Order:       binary.NativeEndian,
		CPUs:        possibleCPUs(),
		KernelTypes: k.Types,
		KernelView:  k.view,
		Config:      k.option,
	}
}

// taintDied says that the kernel had an oops
// (Documentation/admin-guide/tainted-kernels.rst).
const taintDied = 1 << 7

// Crashed tells whether the kernel had an oops since it was booted. Who died then
// may hold a lock, and who loads a program may wait for it for ever.
func (k *Kernel) Crashed() bool {
	text, err := os.ReadFile("/proc/sys/kernel/tainted")
	if err != nil {
		return false
	}
	taint, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return err == nil && taint&taintDied != 0
}

func possibleCPUs() int {
	n, err := ebpf.PossibleCPU()
	if err != nil {
		return 1
	}
	return n
}

// option returns the value of a configuration option of the kernel.
func (k *Kernel) option(name string) (string, bool) {
	config, err := k.config()
	if err != nil {
		return "", false
	}
	value, ok := config[name]
	return value, ok
}
