// Command gen writes what package kernelbtf ships: the BTF and the build
// configuration of each target kernel. It boots every kernel and reads both
// there; the tool that boots one is given by -lab and called as
//
//	LAB run VERSION BINARY ARGUMENTS...
//
// with a static binary, which is this program itself.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/bpflint/bpflint/internal/linux"
)

func main() {
	lab := flag.String("lab", "../shared/kernel-lab/kernel-lab", "the tool that boots a kernel")
	out := flag.String("out", "internal/kernelbtf/data", "folder for the files")
	only := flag.String("kernel", "", "do this version only")
	dump := flag.Bool("dump", false, "print the running kernel's BTF and configuration; used in the guest")
	flag.Parse()
	run := func() error { return generate(*lab, *out, *only) }
	if *dump {
		run = func() error { return dumpKernel(os.Stdout) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// dumpKernel prints one line for each file: its suffix and its content. The
// content is compressed since the guest's console is slow.
func dumpKernel(w io.Writer) error {
	types, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		return err
	}
	if err := printFile(w, "btf", types); err != nil {
		return err
	}
	// Not every kernel's package brings its configuration.
	configs, err := filepath.Glob("/boot/config-*")
	if err != nil || len(configs) != 1 {
		return err
	}
	config, err := os.ReadFile(configs[0])
	if err != nil {
		return err
	}
	return printFile(w, "config", options(config))
}

func printFile(w io.Writer, suffix string, data []byte) error {
	packed, err := compress(data, zstd.SpeedFastest)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, suffix, base64.StdEncoding.EncodeToString(packed))
	return err
}

// options drops the comments of a configuration.
func options(config []byte) []byte {
	var kept bytes.Buffer
	for line := range bytes.Lines(config) {
		if bytes.HasPrefix(line, []byte("CONFIG_")) {
			kept.Write(line)
		}
	}
	return kept.Bytes()
}

func compress(data []byte, level zstd.EncoderLevel) ([]byte, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(8<<20))
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(data, nil), enc.Close()
}

func generate(lab, out, only string) error {
	dir, err := os.MkdirTemp("", "kernelbtf")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self := filepath.Join(dir, "gen")
	build := exec.Command("go", "build", "-o", self, "./internal/kernelbtf/gen")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	for _, v := range linux.Targets() {
		if only != "" && only != v.String() {
			continue
		}
		if err := generateOne(lab, self, out, v); err != nil {
			return fmt.Errorf("kernel %s: %w", v, err)
		}
	}
	return nil
}

func generateOne(lab, self, out string, v linux.Version) error {
	cmd := exec.Command(lab, "run", v.String(), self, "-dump")
	cmd.Stderr = os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", lab, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(printed))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		suffix, text, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if !ok || suffix != "btf" && suffix != "config" {
			continue
		}
		if err := repack(filepath.Join(out, v.String()+"."+suffix+".zst"), text); err != nil {
			return err
		}
	}
	return lines.Err()
}

// repack writes what the guest printed, compressed as well as possible.
func repack(path, text string) error {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return err
	}
	defer dec.Close()
	data, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return err
	}
	best, err := compress(data, zstd.SpeedBestCompression)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes of %d\n", path, len(best), len(data))
	return os.WriteFile(path, best, 0o644)
}
