package oracle

import (
	"fmt"
	"runtime"
	"time"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// Program is a program that was loaded and kept.
type Program struct {
	fd    int
	types *btf.Spec
}

// Close unloads the program.
func (p *Program) Close() error {
	if p == nil || p.fd < 0 {
		return nil
	}
	fd := p.fd
	p.fd = -1
	return unix.Close(fd)
}

// FD returns the program's descriptor, which stays the Program's.
func (p *Program) FD() int { return p.fd }

// funcID returns the ID of one of the program's functions in its BTF, 0 when
// there is none.
func (p *Program) funcID(name string) uint32 {
	var fn *btf.Func
	if p.types == nil || p.types.TypeByName(name, &fn) != nil {
		return 0
	}
	id, err := p.types.TypeID(fn)
	if err != nil {
		return 0
	}
	return uint32(id)
}

// Run executes the program with BPF_PROG_TEST_RUN. The errno that the kernel
// answers with, for a program type that cannot be run for instance, is wrapped.
func (p *Program) Run(in RunInput) (*RunOutput, error) {
	data := make([]byte, in.DataOut)
	ctx := make([]byte, in.CtxOut)
	attr := runAttr{
		progFD:     uint32(p.fd),
		dataSizeIn: uint32(len(in.Data)), dataIn: address(in.Data),
		dataSizeOut: uint32(len(data)), dataOut: address(data),
		ctxSizeIn: uint32(len(in.Ctx)), ctxIn: address(in.Ctx),
		ctxSizeOut: uint32(len(ctx)), ctxOut: address(ctx),
		repeat: in.Repeat, flags: in.Flags, cpu: in.CPU,
	}
	_, errno := bpf(cmdProgRun, &attr)
	runtime.KeepAlive(p)
	if errno != 0 {
		return nil, fmt.Errorf("BPF_PROG_TEST_RUN: %s: %w", errnoName(errno), errno)
	}
	return &RunOutput{
		Return:   attr.retval,
		Data:     data[:min(int(attr.dataSizeOut), len(data))],
		Ctx:      ctx[:min(int(attr.ctxSizeOut), len(ctx))],
		Duration: time.Duration(attr.duration),
	}, nil
}
