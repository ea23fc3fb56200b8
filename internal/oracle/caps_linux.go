package oracle

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/internal/linux"
)

var capNumbers = []struct {
	cap    linux.Caps
	number uint
}{
	{linux.CapBPF, unix.CAP_BPF},
	{linux.CapPerfmon, unix.CAP_PERFMON},
	{linux.CapNetAdmin, unix.CAP_NET_ADMIN},
	{linux.CapSysAdmin, unix.CAP_SYS_ADMIN},
}

// withCaps runs f on a thread whose effective capabilities are those given.
// They stay permitted, so that the thread gets them back afterwards.
func withCaps(caps linux.Caps, f func()) error {
	runtime.LockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var before [2]unix.CapUserData
	if err := unix.Capget(&header, &before[0]); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("capget: %w", err)
	}
	reduced := before
	reduced[0].Effective, reduced[1].Effective = 0, 0
	for _, row := range capNumbers {
		if caps&row.cap != 0 {
			reduced[row.number/32].Effective |= 1 << (row.number % 32)
		}
	}
	if err := unix.Capset(&header, &reduced[0]); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("capset %v: %w", caps, err)
	}
	f()
	if err := unix.Capset(&header, &before[0]); err != nil {
		// The thread stays locked: it ends with its goroutine and takes the
		// reduced capabilities with it.
		return fmt.Errorf("capset: capabilities are not restored: %w", err)
	}
	runtime.UnlockOSThread()
	return nil
}
