package oracle

import (
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/internal/linux"
)

const firstLog = 1 << 16

// logRotates is the kernel since which a log that does not fit keeps its end.
var logRotates = linux.Version{Major: 6, Minor: 4}

// answer is what one BPF_PROG_LOAD gave.
type answer struct {
	fd       int // -1 when it failed
	errno    unix.Errno
	log      string
	overflow bool // the log did not fit
}

// ask loads the program once. A log that does not fit makes the load fail, so
// the buffer grows until it does or reaches its bound. At the bound the load is
// repeated without a log for its verdict, and the log is what did fit: its end
// since Linux 6.4, its beginning before.
func (l *load) ask(level LogLevel) (answer, error) {
	s := l.session
	if len(s.log) == 0 {
		s.log = make([]byte, firstLog)
	}
	for {
		s.log[0] = 0
		fd, errno, err := l.call(level, s.log)
		if err != nil {
			return answer{}, err
		}
		out := answer{fd: fd, errno: errno}
		if errno != unix.ENOSPC {
			out.log = unix.ByteSliceToString(s.log)
			return out, nil
		}
		if len(s.log) < l.options.maxLog() {
			s.log = make([]byte, min(max(4*len(s.log), int(l.attr.logTrueSize)), l.options.maxLog()))
			continue
		}
		out.log = unix.ByteSliceToString(s.log)
		out.fd, out.errno, err = l.call(LogNone, nil)
		out.overflow = out.errno != 0 && level == LogStats
		return out, err
	}
}

// end loads the program once more for the end of its log, which says where the
// verifier gave up. The path that failed may have a million instructions, so
// the log is read as seldom as the kernel allows.
func (l *load) end() (string, error) {
	s := l.session
	level := LogBranch | LogStats
	fd, errno, err := l.call(level, s.log)
	if err == nil && errno == unix.ENOSPC && !s.kernel.version.AtLeast(logRotates) {
		s.log = make([]byte, l.options.maxLog())
		fd, _, err = l.call(level, s.log)
	}
	if fd >= 0 {
		unix.Close(fd)
	}
	return unix.ByteSliceToString(s.log), err
}

func (l *load) call(level LogLevel, log []byte) (fd int, errno unix.Errno, err error) {
	l.attr.logLevel = uint32(level)
	l.attr.logSize = uint32(len(log))
	l.attr.logBuf = address(log)
	l.attr.logTrueSize = 0
	load := func() { fd, errno = bpf(cmdProgLoad, &l.attr) }
	if caps := l.options.Caps; caps != nil {
		err = withCaps(*caps, load)
	} else {
		load()
	}
	if errno != 0 {
		fd = -1
	}
	return fd, errno, err
}
