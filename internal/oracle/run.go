package oracle

import "time"

// RunInput is what BPF_PROG_TEST_RUN gives to a program.
type RunInput struct {
	Data    []byte // the packet; empty for types that have none
	Ctx     []byte // the context as user space sees it; empty for the default
	DataOut int    // bytes that the program may leave; 0 asks for none
	CtxOut  int
	Repeat  uint32
	Flags   uint32
	CPU     uint32
}

// RunOutput is what a run left.
type RunOutput struct {
	Return   uint32
	Data     []byte
	Ctx      []byte
	Duration time.Duration // average of one run
}
