package load

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// oldestClang and newestClang bound the versions that are looked for under
// their own names.
const (
	oldestClang = 12
	newestClang = 30
)

// architectures are the names that libbpf's bpf_tracing.h expects.
var architectures = map[string]string{
	"amd64": "x86", "arm64": "arm64", "s390x": "s390", "riscv64": "riscv", "ppc64le": "powerpc", "loong64": "loongarch",
}

// source compiles a C file and loads the result.
func (f *finder) source(path string) bool {
	content, err := compile(path, f.opts)
	if err != nil {
		return f.fail(path, err)
	}
	return f.content(path, content, true)
}

func compile(path string, opts Options) ([]byte, error) {
	clang, err := findClang(opts.Clang)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bpflint")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "object.o")
	args := []string{"-target", "bpf", "-O2", "-g", "-I", filepath.Dir(path)}
	if arch := architectures[runtime.GOARCH]; arch != "" {
		args = append(args, "-D__TARGET_ARCH_"+arch)
	}
	args = append(args, opts.ClangArgs...)
	args = append(args, "-c", path, "-o", out)
	cmd := exec.Command(clang, args...)
	var messages bytes.Buffer
	cmd.Stderr = &messages
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", clang, err, strings.TrimSpace(messages.String()))
	}
	return os.ReadFile(out)
}

// findClang returns the compiler: the one that is named, else clang, else the
// newest clang-N.
func findClang(name string) (string, error) {
	if name != "" {
		return exec.LookPath(name)
	}
	if path, err := exec.LookPath("clang"); err == nil {
		return path, nil
	}
	for v := newestClang; v >= oldestClang; v-- {
		if path, err := exec.LookPath(fmt.Sprintf("clang-%d", v)); err == nil {
			return path, nil
		}
	}
	return "", errors.New("a C source needs clang, which is not installed: install it, or name the compiled object")
}
