package kernelbtf

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf/btf"
	"github.com/klauspost/compress/zstd"
)

// maxSize bounds what a file of types may decompress to. The largest kernels
// have some 10 MiB of BTF, and a vmlinux with all its symbols 1 GiB.
const maxSize = 64 << 20

// Load reads types from a file: raw BTF, an ELF file with a .BTF section such
// as vmlinux, either of them compressed by gzip or zstd.
func Load(path string) (*btf.Spec, error) {
	return parseTypes(func() ([]byte, error) { return loadRaw(path) }, path)
}

// inFile names the file that an error is about.
func inFile(path string, err error) error {
	if err == nil || path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// loadRaw reads the BTF blob of a file.
func loadRaw(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := readBlob(f)
	return raw, inFile(path, err)
}

func readBlob(f *os.File) ([]byte, error) {
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return nil, errors.New("too short to be BTF")
	}
	rd := io.ReaderAt(f)
	if unpack := packing(magic[:]); unpack != nil {
		raw, err := unpack(f)
		if err != nil {
			return nil, err
		}
		rd = bytes.NewReader(raw)
		copy(magic[:], raw)
	}
	if string(magic[:]) == elf.ELFMAG {
		return sectionOf(rd)
	}
	return readAll(io.NewSectionReader(rd, 0, maxSize+1))
}

// sectionOf reads the types of an ELF file.
func sectionOf(rd io.ReaderAt) ([]byte, error) {
	file, err := elf.NewFile(rd)
	if err != nil {
		return nil, err
	}
	s := file.Section(".BTF")
	if s == nil {
		return nil, errors.New("ELF file without .BTF")
	}
	return readAll(s.Open())
}

// packing returns the way to unpack a file that begins with magic, nil when it
// is not packed.
func packing(magic []byte) func(io.Reader) ([]byte, error) {
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return func(r io.Reader) ([]byte, error) {
			z, err := gzip.NewReader(r)
			if err != nil {
				return nil, err
			}
			return readAll(z)
		}
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return func(r io.Reader) ([]byte, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(maxSize))
			if err != nil {
				return nil, err
			}
			defer z.Close()
			return readAll(z)
		}
	}
	return nil
}

func readAll(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err == nil && len(raw) > maxSize {
		err = fmt.Errorf("more than %d bytes when decompressed", maxSize)
	}
	return raw, err
}

// decompress unpacks what is shipped.
func decompress(packed []byte) ([]byte, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxSize), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	return dec.DecodeAll(packed, nil)
}

// parse reads raw BTF or an ELF file. The library is known to panic on some
// broken input.
func parse(rd io.ReaderAt) (spec *btf.Spec, err error) {
	defer func() {
		if r := recover(); r != nil {
			spec, err = nil, fmt.Errorf("broken BTF: %v", r)
		}
	}()
	return btf.LoadSpecFromReader(rd)
}
