package helper

import (
	"bytes"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// option names an option of a socket (include/uapi/asm-generic/socket.h,
// linux/tcp.h, linux/in.h, linux/in6.h and linux/bpf.h).
type option struct{ level, name int32 }

// optionRule says what an option takes.
type optionRule struct {
	size int // 0 is text of any length
	// doubled and least are what the kernel makes of sizes of buffers.
	doubled   bool
	least     uint32
	setOnly   bool
	positive  bool
	truth     bool // any number but 0 is 1
	mostValue uint32
}

const (
	levelIP, levelSocket, levelTCP, levelIPv6 = 0, 1, 6, 41
	// mostBuffer is the default of net.core.rmem_max and wmem_max.
	mostBuffer = 212992
	maxTextLen = 16
)

// options has a row for each option that helpers know.
var options = map[option]optionRule{
	{levelSocket, 2}: {size: 4, truth: true}, {levelSocket, 9}: {size: 4, truth: true}, // SO_REUSEADDR, SO_KEEPALIVE
	{levelSocket, 7}:  {size: 4, doubled: true, least: 4608, mostValue: mostBuffer},          // SO_SNDBUF
	{levelSocket, 8}:  {size: 4, doubled: true, least: 2304, mostValue: mostBuffer},          // SO_RCVBUF
	{levelSocket, 12}: {size: 4}, {levelSocket, 18}: {size: 4}, {levelSocket, 36}: {size: 4}, // priority, RCVLOWAT, mark
	{levelSocket, 25}: {}, {levelSocket, 47}: {size: 4}, {levelSocket, 62}: {size: 4}, {levelSocket, 74}: {size: 4},
	{levelSocket, 15}: {size: 4, truth: true},

	{levelTCP, 1}: {size: 4, truth: true}, {levelTCP, 2}: {size: 4}, {levelTCP, 4}: {size: 4, positive: true},
	{levelTCP, 5}: {size: 4, positive: true}, {levelTCP, 6}: {size: 4, positive: true}, {levelTCP, 7}: {size: 4, positive: true},
	{levelTCP, 10}: {size: 4}, {levelTCP, 13}: {}, {levelTCP, 16}: {size: 4, truth: true}, {levelTCP, 18}: {size: 4},
	{levelTCP, 25}: {size: 4}, {levelTCP, 27}: {size: 4},
	{levelTCP, 1001}: {size: 4, setOnly: true, positive: true}, {levelTCP, 1002}: {size: 4, setOnly: true, positive: true},
	{levelTCP, 1003}: {size: 4, positive: true}, {levelTCP, 1004}: {size: 4, positive: true}, {levelTCP, 1008}: {size: 4},

	{levelIP, 1}: {size: 4}, {levelIPv6, 67}: {size: 4}, {levelIPv6, 70}: {size: 4, truth: true},
}

func optionArg(c *vm.CPU) (option, optionRule, bool) {
	o := option{int32(c.R[2]), int32(c.R[3])}
	rule, ok := options[o]
	return o, rule, ok
}

// setOption sets an option of the program's socket. All that programs of a
// machine see is one socket.
func setOption(c *vm.CPU) (uint64, error) {
	n := int32(c.R[5])
	value, err := Bytes(c, 4, uint64(max(n, 0)))
	if err != nil {
		return 0, err
	}
	o, rule, ok := optionArg(c)
	if !ok || n <= 0 || rule.size > 0 && int(n) != rule.size {
		return ret(errno.EINVAL)
	}
	if rule.size > 0 {
		v := uint32(mem.Get(value))
		switch {
		case rule.positive && int32(v) <= 0:
			return ret(errno.EINVAL)
		case rule.doubled:
			v = max(2*min(v, rule.mostValue), rule.least)
		case rule.truth:
			v = uint32(boolean(v != 0))
		}
		value = make([]byte, rule.size)
		mem.Put(value, uint64(v))
	} else if i := bytes.IndexByte(value, 0); i >= 0 {
		value = value[:i]
	}
	EnvOf(c).World.SetOption(o.level, o.name, value)
	return 0, nil
}

// SetOption gives the socket an option.
func (w *World) SetOption(level, name int32, value []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.options == nil {
		w.options = make(map[option][]byte)
	}
	w.options[option{level, name}] = bytes.Clone(value[:min(len(value), maxTextLen)])
}

// getOption reads an option; one that nobody set is 0.
func getOption(c *vm.CPU) (uint64, error) {
	n := int32(c.R[5])
	buf, err := Buffer(c, 4, uint64(max(n, 0)))
	if err != nil {
		return 0, err
	}
	clear(buf)
	o, rule, ok := optionArg(c)
	if !ok || rule.setOnly || n <= 0 || rule.size > 0 && int(n) != rule.size {
		return ret(errno.EINVAL)
	}
	w := EnvOf(c).World
	w.mu.Lock()
	defer w.mu.Unlock()
	copy(buf, w.options[o])
	if rule.size == 0 {
		buf[len(buf)-1] = 0
	}
	return 0, nil
}
