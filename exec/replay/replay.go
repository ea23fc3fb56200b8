// Package replay feeds captured packets to a program.
package replay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/bpflint/bpflint/exec"
)

// Source gives packets; pcapgo's readers are sources.
type Source interface {
	// ZeroCopyReadPacketData returns the next packet, valid until the next
	// call, io.EOF after the last.
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// Sink takes packets; pcapgo's writers are sinks.
type Sink interface {
	WritePacket(gopacket.CaptureInfo, []byte) error
}

// pcapng is the number that a file in pcapng format begins with.
const pcapng = "\x0a\x0d\x0d\x0a"

// NewSource reads a capture in pcap or pcapng format. Its packets must begin
// with an Ethernet header.
func NewSource(r io.Reader) (Source, error) {
	buf := bufio.NewReaderSize(r, 1<<16)
	magic, err := buf.Peek(len(pcapng))
	if err != nil {
		return nil, errors.New("not a capture: the file is too short")
	}
	var s Source
	if string(magic) == pcapng {
		s, err = pcapgo.NewNgReader(buf, pcapgo.DefaultNgReaderOptions)
	} else {
		s, err = pcapgo.NewReader(buf)
	}
	if err != nil {
		return nil, fmt.Errorf("not a capture in pcap or pcapng format: %w", err)
	}
	if t := s.LinkType(); t != layers.LinkTypeEthernet {
		return nil, fmt.Errorf("the packets are of link type %s; want Ethernet", t)
	}
	return s, nil
}

// NewSink writes a capture in pcap format with nanoseconds.
func NewSink(w io.Writer) (Sink, error) {
	s := pcapgo.NewWriterNanos(w)
	return s, s.WriteFileHeader(1<<18, layers.LinkTypeEthernet)
}

// Clock is the time that programs see during a replay: that of the packet,
// counted from a second before the first.
type Clock struct {
	first time.Time
	now   uint64
}

// Now returns the nanoseconds since boot, for exec.Config.
func (c *Clock) Now() uint64 { return max(c.now, uint64(time.Second)) }

func (c *Clock) set(t time.Time) {
	if c.first.IsZero() {
		c.first = t
	}
	if d := t.Sub(c.first); d >= 0 {
		c.now = uint64(time.Second + d)
	}
}

// Options of Run.
type Options struct {
	// Sink gets the packets that go further, as the program left them; nil for
	// none.
	Sink Sink
	// Clock is set to the time of each packet, if it is not nil.
	Clock *Clock
	// Progress is called after each packet, if it is not nil.
	Progress func()
}

// Result counts what became of the packets.
type Result struct {
	Packets, Bytes uint64
	Insns          uint64
	// Time is what the runs took, without reading and writing captures.
	Time     time.Duration
	Verdicts []Verdict // the most frequent first
	// Skipped are packets that the program type cannot be given, with the
	// reason for the last.
	Skipped    uint64
	SkipReason string
}

// Verdict is what a return value means, and the packets that got it.
type Verdict struct {
	Name           string
	Packets, Bytes uint64
}

// Run feeds all packets of a source to a program on CPU 0. It stops at the first
// packet that cannot be read, or that stops the program with an error; the result
// then counts the packets before.
func Run(p *exec.Program, source Source, o Options) (*Result, error) {
	switch p.Type() {
	case ebpf.XDP, ebpf.SchedCLS, ebpf.SchedACT, ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit:
	default:
		return nil, fmt.Errorf("%s is a program of type %s, which takes no packets", p.Name(), p.Type())
	}
	r := &run{Options: o, program: p, in: exec.Input{Attached: true, Long: true}, verdicts: make(map[int32]*Verdict)}
	for n := 1; ; n++ {
		data, info, err := source.ZeroCopyReadPacketData()
		if err == io.EOF {
			return r.finish(), nil
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("the capture ends in the middle of it")
		case err == nil:
			err = r.packet(data, info)
		}
		if err != nil {
			return r.finish(), fmt.Errorf("packet %d: %w", n, err)
		}
		if o.Progress != nil {
			o.Progress()
		}
	}
}

type run struct {
	Options
	program  *exec.Program
	in       exec.Input
	out      exec.Output
	result   Result
	verdicts map[int32]*Verdict
}

func (r *run) packet(data []byte, info gopacket.CaptureInfo) error {
	if r.Clock != nil {
		r.Clock.set(info.Timestamp)
	}
	r.in.Data = data
	err := r.program.RunInto(&r.in, &r.out)
	var stopped *exec.RunError
	switch {
	case errors.As(err, &stopped):
		return err
	case err != nil:
		r.result.Skipped++
		r.result.SkipReason = err.Error()
		return nil
	}
	r.result.Packets++
	r.result.Bytes += uint64(len(data))
	r.result.Insns += uint64(r.out.Insns)
	r.result.Time += r.out.Duration
	meaning, key := verdictOf(r.program.Type(), r.out.Return)
	v := r.verdicts[key]
	if v == nil {
		v = &Verdict{Name: meaning.name}
		r.verdicts[key] = v
	}
	v.Packets++
	v.Bytes += uint64(len(data))
	if r.Sink == nil || meaning.gone {
		return nil
	}
	info.CaptureLength, info.Length = len(r.out.Data), max(info.Length-len(data)+len(r.out.Data), len(r.out.Data))
	return r.Sink.WritePacket(info, r.out.Data)
}

func (r *run) finish() *Result {
	for _, v := range r.verdicts {
		r.result.Verdicts = append(r.result.Verdicts, *v)
	}
	slices.SortFunc(r.result.Verdicts, func(a, b Verdict) int {
		if a.Packets != b.Packets {
			return int(min(1, max(-1, int64(b.Packets)-int64(a.Packets))))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return &r.result
}
