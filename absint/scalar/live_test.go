//go:build linux

package scalar

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

var (
	livePrograms   = flag.Int("scalar.programs", 200, "random programs to compare with the running kernel")
	liveSeed       = flag.Uint64("scalar.seed", 1, "seed of the first random program")
	liveLength     = flag.Int("scalar.length", 40, "instructions before the tails of a random program")
	recordPrograms = flag.Int("scalar.record", 0, "random programs to record")
	liveFailures   = flag.Int("scalar.failures", 5, "disagreements to print")
)

// TestLive compares random programs with the log of the running kernel.
func TestLive(t *testing.T) {
	kernel := runningKernel(t)
	fd := createMap(t)
	defer unix.Close(fd)
	rules := RulesFor(kernel)
	steps, failures := 0, 0
	for n := range *livePrograms {
		seed := *liveSeed + uint64(n)
		insns := generate(seed, *liveLength, kernel.Has(linux.ISAv4))
		err := compareLive(insns, fd, rules, &steps)
		if err == nil {
			continue
		}
		failures++
		small := shrink(insns, func(s []cfg.Insn) bool {
			var n int
			e := compareLive(s, fd, rules, &n)
			return e != nil && !strings.Contains(e.Error(), "load")
		})
		var n int
		t.Errorf("seed %d: %v\nshrunk: %v\n%s", seed, err, compareLive(small, fd, rules, &n), listing(small))
		if failures == *liveFailures {
			break
		}
	}
	t.Logf("%d instructions of %d programs compared with Linux %s, %d failures", steps, *livePrograms, kernel, failures)
}

func compareLive(insns []cfg.Insn, fd int, rules *Rules, steps *int) error {
	log, err := loadProgram(insns, fd)
	if err != nil {
		return fmt.Errorf("load: %w\n%s", err, tail(log))
	}
	p := replay{insns: insns, rules: rules}
	err = p.run(parseLog(log))
	*steps += p.steps
	return err
}

// TestRecord prints what the running kernel says of random programs, for
// testdata.
func TestRecord(t *testing.T) {
	if *recordPrograms == 0 {
		t.Skip("nothing to record; see testdata/README.md")
	}
	kernel := runningKernel(t)
	fd := createMap(t)
	defer unix.Close(fd)
	for n := range *recordPrograms {
		insns := generate(*liveSeed+uint64(n), *liveLength, kernel.Has(linux.ISAv4))
		log, err := loadProgram(insns, fd)
		require.NoError(t, err)
		fmt.Printf("@ %x\n", encode(insns))
		for _, l := range parseLog(log) {
			fmt.Println("@", l)
		}
	}
}

func tail(log string) string { return log[max(0, len(log)-400):] }

func runningKernel(t *testing.T) linux.Version {
	var u unix.Utsname
	require.NoError(t, unix.Uname(&u))
	v, err := linux.ParseVersion(unix.ByteSliceToString(u.Release[:]))
	require.NoError(t, err)
	for _, target := range linux.Targets() {
		if v == target {
			return v
		}
	}
	t.Skipf("Linux %s is not a target", v)
	return v
}

// bpf(2) without a library: the lab's kernels should start fast.

func bpf(cmd int, attr unsafe.Pointer, size uintptr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func createMap(t *testing.T) int {
	attr := struct{ kind, key, value, entries uint32 }{unix.BPF_MAP_TYPE_ARRAY, 4, 64, 1}
	fd, err := bpf(unix.BPF_MAP_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if err != nil {
		t.Skipf("bpf(2) makes no maps here: %v", err)
	}
	return fd
}

const errNotSupported = unix.Errno(524) // internal to Linux

var logBuf = make([]byte, 16<<20)

// loadProgram returns the log of loading a program, which is closed at once.
func loadProgram(insns []cfg.Insn, mapFD int) (string, error) {
	code := append([]cfg.Insn(nil), insns...)
	code[0].Imm = int32(mapFD)
	raw := encode(code)
	license := []byte("GPL\x00")
	attr := struct {
		kind, count    uint32
		insns, license uint64
		level, size    uint32
		log            uint64
	}{
		unix.BPF_PROG_TYPE_SOCKET_FILTER, uint32(len(code)),
		uint64(uintptr(unsafe.Pointer(&raw[0]))), uint64(uintptr(unsafe.Pointer(&license[0]))),
		2, uint32(len(logBuf)), uint64(uintptr(unsafe.Pointer(&logBuf[0]))),
	}
	logBuf[0] = 0
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	log := unix.ByteSliceToString(logBuf)
	if err == nil {
		unix.Close(fd)
	} else if err == errNotSupported {
		err = nil // verified, but the compiler of programs gave up
	}
	return log, err
}
