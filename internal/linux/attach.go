package linux

import "strings"

// returnHook is a function made for programs that change what it returns.
type returnHook struct {
	name      string
	kernels   Kernels
	sleepable bool
}

// returnHooks are registered as such ("probe kfuncs", FMODRET).
var returnHooks = []returnHook{
	{"bpf_fentry_test1", From6_12, true},
	{"bpf_modify_return_test", From6_12, false},
	{"bpf_modify_return_test2", From6_12, false},
	{"bpf_modify_return_test_tp", From6_12, false},
	{"update_socket_protocol", From6_12, false},
}

func (k *Kernel) returnHook(name string) *returnHook {
	for i := range returnHooks {
		if r := &returnHooks[i]; r.name == name && r.kernels.In(k.Version) {
			return r
		}
	}
	return nil
}

// MayModifyReturn reports whether fmod_ret programs may be attached to a
// function, those of error injection aside, which few kernels are built with.
func (k *Kernel) MayModifyReturn(name string) bool {
	return strings.HasPrefix(name, "security_") || k.isSystemCall(name) || k.returnHook(name) != nil
}

// MaySleepAt reports whether tracing programs that sleep may be attached to a
// function of a kernel without error injection.
func (k *Kernel) MaySleepAt(name string) bool { return k.SleepsByItself(name) || k.isSystemCall(name) }

// SleepsByItself reports whether tracing programs that sleep may be attached to a
// function that is made for them.
func (k *Kernel) SleepsByItself(name string) bool {
	r := k.returnHook(name)
	return r != nil && r.sleepable
}

// callPrefixes begin the names of system calls on the architectures that have
// a prefix of their own.
var callPrefixes = []string{"__x64_", "__ia32_", "__s390x_", "__arm64_", "__riscv_"}

// isSystemCall reports whether the kernel takes a function for a system call
// that programs may sleep in.
func (k *Kernel) isSystemCall(name string) bool {
	if !k.Version.Has(TypedSleepableCalls) {
		return false
	}
	for _, p := range callPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// onlySleepable is the message to programs that ask to sleep and are of a type
// that never may.
var onlySleepable = []struct {
	since   Version
	message string
}{
	{Version{7, 1}, "Program of this type cannot be sleepable"},
	{Version{6, 9}, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable"},
	{Version{6, 0}, "Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable"},
	{Version{5, 10}, "Only fentry/fexit/fmod_ret and lsm programs can be sleepable"},
}

// NotSleepable returns the message to programs of a type that never may sleep.
func (k *Kernel) NotSleepable() string {
	for _, r := range onlySleepable {
		if k.Version.AtLeast(r.since) {
			return r.message
		}
	}
	return ""
}
