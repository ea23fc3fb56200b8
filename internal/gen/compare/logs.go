package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/oracle"
)

// writeLogs writes what both log of all paths of a program, when that is wanted.
func (j *judge) writeLogs(seed uint64, p gen.Program) error {
	if *logs == "" {
		return nil
	}
	r, err := j.question(p)
	if err != nil {
		return err
	}
	answer := j.raw.Load(r, oracle.LogInsn)
	if err := os.WriteFile(filepath.Join(*logs, fmt.Sprintf("%d.kernel", seed)), answer.Log, 0o644); err != nil {
		return err
	}
	log, err := j.machineLog(p)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*logs, fmt.Sprintf("%d.machine", seed)), log, 0o644)
}

func (j *judge) machineLog(p gen.Program) ([]byte, error) {
	linked, err := j.link(p)
	if err != nil {
		return nil, err
	}
	var log bytes.Buffer
	r, err := explore(linked, absint.Options{Log: &log, LogLevel: uint32(oracle.LogInsn)})
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(&log, r.Verdict, r.Message, r.Feature)
	return log.Bytes(), nil
}
