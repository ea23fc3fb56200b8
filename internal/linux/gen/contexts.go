package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// contextTypes maps how kernels print the type of a loaded field, without
// what stands in parentheses.
var contextTypes = map[string]string{
	"scalar": "CtxScalar", "pkt": "CtxPacket", "pkt_meta": "CtxPacketMeta", "pkt_end": "CtxPacketEnd", "sock": "CtxSock",
	"sock_or_null": "CtxSockOrNull", "sock_common_or_null": "CtxSockCommonOrNull", "xdp_sock": "CtxXDPSock",
	"flow_keys": "CtxFlowKeys", "tp_buffer": "CtxTPBuffer", "trusted_ptr_sk_buff": "CtxSkBuff",
	"trusted_ptr_nf_hook_state": "CtxHookState",
}

// scanned is the end of what the prober looks at; contexts that reach it are
// larger, see contextEnds.
const scanned = 288

// contextEnds gives the size of contexts that are larger than what was
// scanned: a tracepoint's record and the argument of a system call program.
var contextEnds = map[bool]int{false: 8192, true: 65535}

// fieldRows turns size, use, type and offsets into rows of Go.
func fieldRows(r []string) ([]string, error) {
	size, err := strconv.Atoi(r[0])
	if err != nil {
		return nil, err
	}
	use := map[string]string{"r": "ContextRead", "rw": "ContextRead|ContextWrite", "rwi": "ContextRead|ContextWrite", "-": "ContextRefused"}[r[1]]
	name, _, _ := strings.Cut(r[2], "(")
	typ := contextTypes[name]
	if r[1] == "-" {
		typ = "CtxNone"
	}
	if use == "" || typ == "" {
		return nil, fmt.Errorf("use %q, type %q", r[1], r[2])
	}
	var out []string
	for _, run := range strings.Fields(r[3]) {
		first, last, step := 0, 0, 1
		if n, _ := fmt.Sscanf(run, "%d-%d/%d", &first, &last, &step); n == 0 {
			return nil, fmt.Errorf("offsets %q", run)
		} else if n == 1 {
			last = first
		}
		if last+size == scanned {
			end := contextEnds[use != "ContextRead"]
			last = (end - size) / step * step
		}
		out = append(out, fmt.Sprintf("{%d, %s, %s, %d, %d, %d}", size, use, typ, first, last, step))
	}
	return out, nil
}

func (t *tables) writeContexts() error {
	var b bytes.Buffer
	b.WriteString("var contexts = [...][]Field{\n")
	for _, c := range t.contexts.texts {
		if c == "" {
			b.WriteString("nil,\n")
			continue
		}
		fmt.Fprintf(&b, "{\n%s,\n},\n", c)
	}
	b.WriteString("}\n")
	return write("contexts_gen.go", &b)
}
