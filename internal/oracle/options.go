package oracle

import "github.com/bpflint/bpflint/internal/linux"

// Options say how a program is loaded. The zero value asks for a verdict only.
type Options struct {
	// Log is the level of the log that is returned; LogNone returns none.
	Log LogLevel
	// MaxLog bounds the log in bytes; 0 means 64 MiB.
	MaxLog int
	// Keep leaves an accepted program loaded, in Result.Prog.
	Keep bool
	// Repeat loads an accepted program that many times and keeps the least
	// verification time; 0 means once.
	Repeat int
	// Caps, when not nil, are the capabilities of the thread that loads. Maps
	// and BTF are loaded with those of the process.
	Caps *linux.Caps
	// Replace is the program that an extension replaces a function of; it must
	// have been kept.
	Replace *Program
}

const defaultMaxLog = 64 << 20

func (o *Options) maxLog() int {
	if o.MaxLog > 0 {
		return o.MaxLog
	}
	return defaultMaxLog
}
