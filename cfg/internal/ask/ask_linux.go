package ask

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Kernel asks the running kernel.
type Kernel struct {
	log   []byte
	progs int // descriptor of an array of programs
}

// NewKernel fails when this process may not load programs.
func NewKernel() (*Kernel, error) {
	k := &Kernel{log: make([]byte, 1<<22)}
	attr := mapCreateAttr{mapType: uint32(ebpf.ProgramArray), keySize: 4, valueSize: 4, maxEntries: 1}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, bpfMapCreate, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return nil, fmt.Errorf("the kernel refuses an array of programs: %w", errno)
	}
	k.progs = int(fd)
	a := k.load(Case{Type: ebpf.SocketFilter, Caps: linux.CapAll, Insns: []cfg.Insn{{Op: opMovK}, {Op: cfg.OpEXIT}}})
	if a.Errno != "" {
		return nil, fmt.Errorf("the kernel refuses the simplest program: %s %s", a.Errno, a.Message)
	}
	return k, nil
}

// AllowUnprivileged lets processes without capabilities load programs, where
// the machine's owner may still decide that.
func AllowUnprivileged() error {
	return os.WriteFile("/proc/sys/kernel/unprivileged_bpf_disabled", []byte("0"), 0)
}

// Ask loads a program and forgets it again.
func (k *Kernel) Ask(c Case) (Answer, error) {
	if c.Caps == linux.CapAll {
		return k.load(c), nil
	}
	answers := make(chan Answer)
	go func() {
		// Capabilities belong to the thread, which ends with this goroutine.
		runtime.LockOSThread()
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		data := userData(c.Caps)
		if err := unix.Capset(&hdr, &data[0]); err != nil {
			answers <- Answer{Errno: "ask", Message: err.Error()}
			return
		}
		answers <- k.load(c)
	}()
	a := <-answers
	if a.Errno == "ask" {
		return a, errors.New(a.Message)
	}
	return a, nil
}

// userData lists the numbers of capabilities as capset(2) takes them.
func userData(caps linux.Caps) (data [2]unix.CapUserData) {
	for capability, number := range map[linux.Caps]int{
		linux.CapNetAdmin: unix.CAP_NET_ADMIN, linux.CapPerfmon: unix.CAP_PERFMON, linux.CapBPF: unix.CAP_BPF,
	} {
		if caps.Has(capability) {
			data[number/32].Effective |= 1 << (number % 32)
			data[number/32].Permitted |= 1 << (number % 32)
		}
	}
	return data
}

// progLoadAttr is the head of union bpf_attr as BPF_PROG_LOAD takes it.
type progLoadAttr struct {
	progType, insnCnt uint32
	insns, license    uint64
	logLevel, logSize uint32
	logBuf            uint64
}

// mapCreateAttr is the head of union bpf_attr as BPF_MAP_CREATE takes it.
type mapCreateAttr struct{ mapType, keySize, valueSize, maxEntries uint32 }

const (
	bpfMapCreate = 0
	bpfProgLoad  = 5
)

// withMaps puts a descriptor in the place of the map's number. Other streams
// that load a map are left alone: what they load is no map.
func (k *Kernel) withMaps(c Case) []cfg.Insn {
	out := slices.Clone(c.Insns)
	for i, insn := range out {
		if c.Type != ebpf.SocketFilter && insn.IsWide() && insn.Src() == cfg.ConstMap {
			out[i].Imm = int32(k.progs)
		}
	}
	return out
}

// Log loads a program and returns the log with the states of all registers.
func (k *Kernel) Log(c Case) string {
	_ = k.loadAt(c, 2)
	return unix.ByteSliceToString(k.log)
}

func (k *Kernel) load(c Case) Answer { return k.loadAt(c, 1) }

func (k *Kernel) loadAt(c Case, level uint32) Answer {
	raw := cfg.Encode(k.withMaps(c), binary.LittleEndian)
	license := []byte("GPL\x00")
	k.log[0] = 0
	attr := progLoadAttr{
		progType: uint32(c.Type), insnCnt: uint32(len(c.Insns)), logLevel: level, logSize: uint32(len(k.log)),
		insns: address(raw), license: address(license), logBuf: address(k.log),
	}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, bpfProgLoad, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	if errno == 0 {
		_ = unix.Close(int(fd))
		return Answer{}
	}
	return Answer{Errno: unix.ErrnoName(errno), Message: lastLine(unix.ByteSliceToString(k.log))}
}

func address(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(&b[0])))
}

var statistics = []string{"processed ", "verification time", "stack depth", "func#"}

func lastLine(log string) string {
	last := ""
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		isStat := line == ""
		for _, s := range statistics {
			isStat = isStat || strings.HasPrefix(line, s)
		}
		if !isStat {
			last = line
		}
	}
	return last
}
