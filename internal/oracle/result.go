package oracle

import (
	"errors"

	"github.com/bpflint/bpflint/internal/oracle/vlog"
)

// ErrNoKernel is returned where no kernel can be asked.
var ErrNoKernel = errors.New("no kernel to ask")

// Verdict is what the kernel decided.
type Verdict string

// Verdicts of a kernel.
const (
	Accept Verdict = "accept"
	Reject Verdict = "reject"
	Skip   Verdict = "skip" // the verifier was never asked
)

// Reasons of a Skip; records of all kernels use the same words.
const (
	SkipObject    = "object cannot be parsed"
	SkipNoProgram = "no programs in the object"
	SkipLink      = "object cannot be linked"
	SkipExtern    = "extern function unresolved"
	SkipKfunc     = "kfunc not in the kernel's BTF"
	SkipKconfig   = "kconfig value unknown"
	SkipTarget    = "attach target not in the kernel's BTF"
	SkipBTF       = "BTF refused by the kernel"
	SkipMap       = "map creation fails"
	SkipRefused   = "EPERM before verification: this kernel refuses fentry/fexit/fmod_ret, LSM and freplace programs"
	SkipEPERM     = "EPERM before verification (no log)"
	SkipLog       = "the verifier's log is larger than the buffer may become"
)

// Result is a kernel's answer about one program.
type Result struct {
	Verdict    Verdict
	SkipReason string
	SkipDetail string

	// Errno is the name of the error with which BPF_PROG_LOAD failed, such as
	// "EACCES"; empty for an accepted program.
	Errno string
	// Message is the last line of Messages, the verifier's reason.
	Message string
	// Messages are the lines of the log that are no trace and no statistics.
	Messages []string
	// Insn is the slot at which the verifier gave up, the last one in its
	// trace; -1 when it had not begun to explore.
	Insn  int
	Stats vlog.Stats
	// MapFixes names, by map, what had to be changed so that it could be
	// created.
	MapFixes map[string]string
	// Log is the verifier's log at the level that was asked for.
	Log string
	// Prog is the loaded program when Options.Keep asked for it; the caller
	// closes it.
	Prog *Program
}

// LogLevel is the verbosity of the verifier's log, a set of bits.
type LogLevel uint32

// Levels of the verifier's log.
const (
	LogNone   LogLevel = 0
	LogBranch LogLevel = 1 // the path that failed
	LogInsn   LogLevel = 2 // every path, with register states
	LogStats  LogLevel = 4 // messages and statistics
)
