package exec_test

import (
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/internal/oracle"
)

// fibKernel makes the network in a namespace of this thread and returns the kernel,
// nil where that is not allowed. The second result takes the thread back.
func fibKernel(t *testing.T) (*oracle.Kernel, func()) {
	nothing := func() {}
	if testing.Short() {
		return nil, nothing
	}
	kernel, err := oracle.Open()
	if err != nil {
		t.Logf("no kernel to ask: %v", err)
		return nil, nothing
	}
	runtime.LockOSThread()
	old, err := os.Open("/proc/thread-self/ns/net")
	require.NoError(t, err)
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Logf("no namespace: %v", err)
		runtime.UnlockOSThread()
		return nil, nothing
	}
	back := func() {
		require.NoError(t, unix.Setns(int(old.Fd()), unix.CLONE_NEWNET))
		old.Close()
		runtime.UnlockOSThread()
	}
	for _, c := range fibCommands() {
		if out, err := osexec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Logf("ip %s: %v: %s", c, err, out)
			back()
			return nil, nothing
		}
	}
	for _, set := range [][2]string{
		{"ipv4/conf/all/forwarding", "1"}, {"ipv6/conf/all/forwarding", "1"},
		{"ipv4/conf/d12/forwarding", "0"}, {"ipv6/conf/d12/forwarding", "0"},
	} {
		require.NoError(t, os.WriteFile("/proc/sys/net/"+set[0], []byte(set[1]), 0o644))
	}
	return kernel, back
}

// fibCommands make the network with ip.
func fibCommands() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, d := range fibDevices[1:] {
		add("link add d%d index %d address %02x:%02x:%02x:%02x:%02x:%02x mtu %d type veth peer name p%d index %d", d.Index, d.Index,
			d.MAC[0], d.MAC[1], d.MAC[2], d.MAC[3], d.MAC[4], d.MAC[5], d.MTU, d.Index, 100+d.Index)
		for _, end := range "dp" {
			add("link set %c%d addrgenmode none", end, d.Index)
			add("link set %c%d up", end, d.Index)
		}
	}
	add("link set lo up")
	for _, a := range fibAddresses[1:] {
		nodad := ""
		if strings.Contains(a.addr, ":") {
			nodad = "nodad"
		}
		add("addr add %s dev d%d %s", a.addr, a.device, nodad)
	}
	for _, r := range fibRoutes {
		add("route add %s", r.ip)
	}
	for n, mac := range fibNeighbours {
		add("neigh add %s lladdr %02x:%02x:%02x:%02x:%02x:%02x dev d%d nud permanent", n.Address, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], n.Device)
	}
	return list
}
