//go:build !linux

package exec_test

import (
	"testing"

	"github.com/bpflint/bpflint/internal/oracle"
)

// fibKernel returns no kernel: there is none to ask.
func fibKernel(*testing.T) (*oracle.Kernel, func()) { return nil, func() {} }
