package oracle

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// LoadBTF asks the kernel to take a BTF blob. It returns the name of the error,
// "" when there is none, and the last line of the log. log is scratch space; it
// must be large enough for the line of each type and member.
func (*Kernel) LoadBTF(blob, log []byte) (errno, line string) {
	log[0] = 0
	attr := btfAttr{
		btf: address(blob), size: uint32(len(blob)),
		logBuf: address(log), logSize: uint32(len(log)), logLevel: 1,
	}
	fd, err := bpf(cmdBTFLoad, &attr)
	if err == 0 {
		unix.Close(fd)
		return "", ""
	}
	end := max(bytes.IndexByte(log, 0), 0)
	text := bytes.TrimRight(log[:end], "\n")
	text = text[bytes.LastIndexByte(text, '\n')+1:]
	return errnoName(err), string(bytes.TrimLeft(text, "\t "))
}
