// Package errno holds Linux's error numbers, which helpers and maps return
// whatever system the machine runs on.
package errno

import "fmt"

// Errno is an error number of Linux; 0 is success.
type Errno uint16

// Error numbers that maps and helpers return.
const (
	OK         Errno = 0
	EPERM      Errno = 1
	ENOENT     Errno = 2
	EINTR      Errno = 4
	E2BIG      Errno = 7
	EAGAIN     Errno = 11
	ENOMEM     Errno = 12
	EACCES     Errno = 13
	EFAULT     Errno = 14
	EBUSY      Errno = 16
	EEXIST     Errno = 17
	ENODEV     Errno = 19
	EINVAL     Errno = 22
	ENOSPC     Errno = 28
	ERANGE     Errno = 34
	ENODATA    Errno = 61
	EPROTO     Errno = 71
	EOPNOTSUPP Errno = 95
	EALREADY   Errno = 114
	EBADMSG    Errno = 74
	EDEADLK    Errno = 35
	EOVERFLOW  Errno = 75
	ENOTSUPP   Errno = 524

	EAFNOSUPPORT    Errno = 97
	ESOCKTNOSUPPORT Errno = 94
	EPROTOTYPE      Errno = 91

	EBADF        Errno = 9
	ENAMETOOLONG Errno = 36
	ENOMSG       Errno = 42
	ETIMEDOUT    Errno = 110
	EHOSTUNREACH Errno = 113
)

var names = map[Errno]string{
	OK: "OK", EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", E2BIG: "E2BIG", EAGAIN: "EAGAIN",
	ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST", ENODEV: "ENODEV",
	EINVAL: "EINVAL", ENOSPC: "ENOSPC", ERANGE: "ERANGE", ENODATA: "ENODATA", EPROTO: "EPROTO",
	EOPNOTSUPP: "EOPNOTSUPP", ENOTSUPP: "ENOTSUPP",
	EALREADY: "EALREADY", EBADMSG: "EBADMSG", EAFNOSUPPORT: "EAFNOSUPPORT", ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT",
	EPROTOTYPE: "EPROTOTYPE", EDEADLK: "EDEADLK", EOVERFLOW: "EOVERFLOW",
	EBADF: "EBADF", ENAMETOOLONG: "ENAMETOOLONG", ENOMSG: "ENOMSG", ETIMEDOUT: "ETIMEDOUT",
	EHOSTUNREACH: "EHOSTUNREACH",
}

// Ret is the number as a helper returns it: negative, in 64 bits.
func (e Errno) Ret() uint64 { return -uint64(e) }

// Error returns the symbol.
func (e Errno) Error() string {
	if s, ok := names[e]; ok {
		return s
	}
	return fmt.Sprintf("errno %d", uint16(e))
}

// Named returns the error number of a symbol.
func Named(symbol string) (Errno, bool) {
	for e, name := range names {
		if name == symbol {
			return e, true
		}
	}
	return OK, false
}
