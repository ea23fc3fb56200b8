package oracle

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/oracle/vlog"
	"github.com/bpflint/bpflint/prog"
)

// Shortest program: r0 = 0; exit.
var (
	mov0 = cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcK}
	exit = cfg.Insn{Op: cfg.OpEXIT}
)

// Session loads programs that share maps, such as those of one object. It is
// not safe for concurrent use.
type Session struct {
	kernel *Kernel
	cache  map[mapKey]liveMap
	types  []byte // of the BTF that btfFD is
	btfFD  int
	insns  []uint64
	log    []byte
}

// NewSession returns an empty session. Close it to release its maps.
func (k *Kernel) NewSession() *Session {
	return &Session{kernel: k, cache: make(map[mapKey]liveMap), btfFD: -1}
}

// Close releases the session's maps. Programs that were kept stay valid.
func (s *Session) Close() {
	for _, live := range s.cache {
		if live.err == nil {
			unix.Close(live.fd)
		}
	}
	clear(s.cache)
	s.closeBTF()
}

func (s *Session) closeBTF() {
	if s.btfFD >= 0 {
		unix.Close(s.btfFD)
	}
	s.btfFD, s.types = -1, nil
}

// Load asks the kernel for its verdict on a linked program.
func (k *Kernel) Load(p *prog.Program, o Options) (*Result, error) {
	s := k.NewSession()
	defer s.Close()
	return s.Load(p, o)
}

// Load asks the kernel for its verdict on a linked program. An error means that
// the question could not be put for a reason that has nothing to do with the
// program; a program that cannot be judged gives Skip.
func (s *Session) Load(p *prog.Program, o Options) (*Result, error) {
	r := &Result{Insn: -1, MapFixes: make(map[string]string)}
	l, reason, err := s.prepare(p, &o, r)
	defer l.close()
	if err != nil {
		r.skip(reason, err)
		return r, nil
	}
	if err := l.judge(r); err != nil {
		r.Prog.Close()
		return nil, fmt.Errorf("load %s: %w", p.Name, err)
	}
	return r, nil
}

func (r *Result) skip(reason string, err error) {
	r.Verdict, r.SkipReason, r.SkipDetail = Skip, reason, err.Error()
}

// prepare creates what the program needs. The returned load is never nil.
func (s *Session) prepare(p *prog.Program, o *Options, r *Result) (l *load, reason string, err error) {
	l = &load{session: s, prog: p, options: o}
	point, err := s.kernel.attachPoint(p)
	if err != nil {
		return l, SkipTarget, err
	}
	fds, own, err := s.maps(p, r.MapFixes)
	l.own = own
	if err != nil {
		return l, SkipMap, err
	}
	types, funcInfo, lineInfo, err := p.MarshalBTF()
	if err != nil {
		return l, SkipBTF, err
	}
	if err := s.loadBTF(types); err != nil {
		return l, SkipBTF, err
	}
	s.insns = encode(s.insns[:0], p.Insns, fds)
	l.license = append([]byte(p.License), 0)
	l.funcInfo, l.lineInfo = funcInfo, lineInfo
	l.fill(point)
	return l, "", nil
}

// loadBTF gives a program's types to the kernel; programs of one object often
// have the same.
func (s *Session) loadBTF(types []byte) error {
	if s.btfFD >= 0 && bytes.Equal(types, s.types) {
		return nil
	}
	s.closeBTF()
	if len(types) == 0 {
		return nil
	}
	attr := btfAttr{btf: address(types), size: uint32(len(types))}
	fd, errno := bpf(cmdBTFLoad, &attr)
	if errno == 0 {
		s.btfFD, s.types = fd, types
		return nil
	}
	log := make([]byte, 1<<16)
	attr.logBuf, attr.logSize, attr.logLevel = address(log), uint32(len(log)), 1
	_, _ = bpf(cmdBTFLoad, &attr)
	return fmt.Errorf("%s: %s", errnoName(errno), strings.TrimSpace(lastLine(unix.ByteSliceToString(log))))
}

func lastLine(log string) string {
	log = strings.TrimSpace(log)
	return log[strings.LastIndexByte(log, '\n')+1:]
}

// load is one program on its way into the kernel.
type load struct {
	session  *Session
	prog     *prog.Program
	options  *Options
	own      []int32 // maps of this load only
	license  []byte
	funcInfo []byte
	lineInfo []byte
	attr     loadAttr
}

func (l *load) close() {
	for _, fd := range l.own {
		unix.Close(int(fd))
	}
}

// fill sets the attributes that do not depend on the log.
func (l *load) fill(point attachPoint) {
	p, a := l.prog, &l.attr
	a.progType = uint32(p.Type)
	a.insnCnt = uint32(len(l.session.insns))
	a.insns = address(l.session.insns)
	a.license = address(l.license)
	a.progFlags = p.Flags
	copy(a.progName[:len(a.progName)-1], objectName(p.Name))
	a.attachType = point.attachType
	a.attachBTFID = point.id
	if l.session.btfFD >= 0 {
		a.btfFD = uint32(l.session.btfFD)
		a.funcInfoRecSize, a.funcInfo = btf.FuncInfoSize, address(l.funcInfo)
		a.funcInfoCnt = uint32(len(l.funcInfo)) / btf.FuncInfoSize
		a.lineInfoRecSize, a.lineInfo = btf.LineInfoSize, address(l.lineInfo)
		a.lineInfoCnt = uint32(len(l.lineInfo)) / btf.LineInfoSize
	}
	if target := l.options.Replace; target != nil {
		a.attachFD = uint32(target.fd)
		a.attachBTFID = target.funcID(p.AttachTo)
	}
}

// objectName drops the characters that the kernel refuses in names.
func objectName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return -1
	}, name)
}

// judge loads the program with statistics only, which is fast and gives a true
// verification time; for a rejected one it asks again for the failing path.
func (l *load) judge(r *Result) error {
	out, err := l.ask(LogStats)
	if err != nil {
		return err
	}
	summary := vlog.Summarize(out.log)
	r.Stats, r.Messages, r.Message = summary.Stats, summary.Messages, summary.Last()
	r.Errno = errnoName(out.errno)
	switch {
	case out.errno == 0:
		r.Verdict = Accept
		defer l.keep(r, out.fd)
		if err := l.repeat(r); err != nil {
			return err
		}
	case out.overflow:
		r.skip(SkipLog, fmt.Errorf("%d bytes", l.options.maxLog()))
		return nil
	case out.errno == unix.EPERM && len(r.Messages) == 0:
		refused, err := l.refusedAnyway()
		if err != nil {
			return err
		}
		if refused {
			r.skip(l.refusal(), out.errno)
			return nil
		}
		r.Verdict = Reject
	default:
		r.Verdict = Reject
	}
	return l.detail(r)
}

// detail asks for the log that the caller wants, and where a rejected program
// fails.
func (l *load) detail(r *Result) error {
	var log string
	level := l.options.Log
	switch {
	case level != LogNone:
		out, err := l.ask(level | LogStats)
		if err != nil {
			return err
		}
		if out.fd >= 0 {
			unix.Close(out.fd)
		}
		r.Log, log = out.log, out.log
	case r.Verdict == Reject:
		var err error
		if log, err = l.end(); err != nil {
			return err
		}
	}
	if r.Verdict == Reject {
		summary := vlog.Summarize(log)
		r.Insn = summary.LastInsn
		if len(r.Messages) == 0 {
			r.Messages, r.Message = summary.Messages, summary.Last()
		}
	}
	return nil
}

func (l *load) repeat(r *Result) error {
	for range l.options.Repeat - 1 {
		out, err := l.ask(LogStats)
		if err != nil || out.errno != 0 {
			return err
		}
		unix.Close(out.fd)
		r.Stats.Usec = min(r.Stats.Usec, vlog.Summarize(out.log).Stats.Usec)
	}
	return nil
}

func (l *load) keep(r *Result, fd int) {
	if !l.options.Keep {
		unix.Close(fd)
		return
	}
	r.Prog = &Program{fd: fd, types: l.prog.Types}
}

// refusedAnyway reports whether a program is refused with all capabilities as
// well.
func (l *load) refusedAnyway() (bool, error) {
	caps := l.options.Caps
	if caps == nil {
		return true, nil
	}
	l.options.Caps = nil
	defer func() { l.options.Caps = caps }()
	fd, errno, err := l.call(LogNone, nil)
	if fd >= 0 {
		unix.Close(fd)
	}
	return errno == unix.EPERM, err
}

// refusal says why a program was refused before anybody looked at it.
func (l *load) refusal() string {
	switch l.prog.Type {
	case ebpf.Extension, ebpf.LSM:
		return SkipRefused
	case ebpf.Tracing:
		switch l.prog.AttachType {
		case ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit, ebpf.AttachModifyReturn:
			return SkipRefused
		}
	}
	return SkipEPERM
}
