package hook

import (
	"bytes"
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
)

// refusal is an input that BPF_PROG_TEST_RUN refuses, with the error number that
// it answers.
type refusal struct {
	errno errno.Errno
	text  string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (%s)", r.text, r.errno) }
func (r *refusal) Unwrap() error { return r.errno }

// Refuse returns an error that says why an input is refused.
func Refuse(e errno.Errno, format string, args ...any) error {
	return &refusal{e, fmt.Sprintf(format, args...)}
}

// invalid refuses with the error number of most refusals.
func invalid(format string, args ...any) error { return Refuse(errno.EINVAL, format, args...) }

// maxContext is the longest context that user space may give as a struct: a page.
const maxContext = 4096

// structContext cuts a context to the struct that it is. What user space knows
// and the kernel does not must be zero.
func structContext(ctx []byte, name string, size int) ([]byte, error) {
	if len(ctx) <= size {
		return ctx, nil
	}
	if len(ctx) > maxContext || len(bytes.Trim(ctx[size:], "\x00")) > 0 {
		return nil, Refuse(errno.E2BIG, "the context has %d bytes, struct %s only %d", len(ctx), name, size)
	}
	return ctx[:size], nil
}

// checkPacket refuses a packet that is shorter than an Ethernet header, or too
// long.
func checkPacket(in *Input) error {
	if err := checkHeader(in); err != nil {
		return err
	}
	return checkLong(in)
}

// checkPage refuses a packet that is shorter than an Ethernet header, or longer
// than a page.
func checkPage(in *Input) error {
	if n := len(in.Data); n > frameSize && !in.Long {
		return invalid("a test run takes packets of at most %d bytes; this one has %d", frameSize, n)
	}
	return checkHeader(in)
}

// checkLong refuses a packet that does not fit in the page that a test run has for
// it and what is around it.
func checkLong(in *Input) error {
	const most = frameSize - skbHeadroom - xdpTailroom
	if n := len(in.Data); n > most && !in.Long {
		return invalid("a test run takes packets of at most %d bytes; this one has %d", most, n)
	}
	return nil
}

func checkHeader(in *Input) error {
	switch n := len(in.Data); {
	case n == 0:
		return invalid("this program type needs a packet of at least %d bytes, an Ethernet header", etherLen)
	case n < etherLen:
		return invalid("a packet needs at least %d bytes, an Ethernet header; this one has %d", etherLen, n)
	}
	return nil
}
