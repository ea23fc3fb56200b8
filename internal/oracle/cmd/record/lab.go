package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle/record"
)

// recordAll builds this command as a static binary and runs it in every target
// kernel.
func recordAll(lab, root string) error {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "record")
	build := exec.Command("go", "build", "-o", binary, "./internal/oracle/cmd/record")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	for _, v := range linux.Targets() {
		if err := recordIn(lab, v, binary, root); err != nil {
			return fmt.Errorf("kernel %s: %w", v, err)
		}
	}
	return nil
}

// recordIn boots one kernel and keeps the records that it prints. The console
// carries other lines as well, such as the kernel's warnings.
func recordIn(lab string, v linux.Version, binary, root string) error {
	run := exec.Command(lab, "run", v.String(), binary, "-root", root)
	run.Stderr = os.Stderr
	console, err := run.Output()
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	for line := range bytes.Lines(console) {
		if bytes.HasPrefix(line, []byte("{")) {
			lines.Write(line)
		}
	}
	records, err := record.Read(&lines)
	if err != nil {
		return err
	}
	dir := filepath.Join("testdata", "verdicts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, v.String()+".jsonl")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(os.Stderr, "%s: %d programs\n", path, len(records))
	if err := record.Write(f, records); err != nil {
		return err
	}
	return f.Close()
}
