//go:build !linux

package exec_test

import "testing"

func pinToFirstCPU(*testing.T) {}
