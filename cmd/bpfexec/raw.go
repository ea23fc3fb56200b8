package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/exec"
)

// rawCommand is what suites that test conformance with RFC 9669 drive.
func rawCommand() *cobra.Command {
	var memory string
	var budget int
	cmd := &cobra.Command{
		Use:   "raw [MEMORY]",
		Short: "Run a bare instruction stream given as hex on standard input",
		Long: `raw reads instructions in their little-endian encoding as hex digits from
standard input, runs them, and prints R0 in hex. R1 points to the memory, R2
holds its length, and helper 5 returns its first argument. The memory may be
given as an argument, too, as the suite bpf_conformance does with its plugins.`,
		Example: `  echo b700000001000000 9500000000000000 | bpfexec raw     prints 1`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && memory != "" {
				return fmt.Errorf("memory is given twice: as --memory and as an argument")
			}
			if len(args) > 0 {
				memory = args[0]
			}
			text, err := io.ReadAll(cmd.InOrStdin())
			if err != nil {
				return err
			}
			r0, err := runRaw(string(text), memory, budget)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%x\n", r0)
			return nil
		},
	}
	cmd.Flags().StringVar(&memory, "memory", "", "bytes that R1 points to, in `hex`")
	cmd.Flags().IntVar(&budget, "budget", 0, "stop after `N` instructions (default 2^30)")
	return cmd
}

func runRaw(text, memory string, budget int) (uint64, error) {
	bytes, err := exec.ParseHex(text)
	if errors.Is(err, hex.ErrLength) {
		return 0, errors.New("instructions: half a byte: want 16 hex digits for each")
	}
	if err != nil {
		return 0, fmt.Errorf("instructions: %w", err)
	}
	if len(bytes) == 0 {
		return 0, errors.New("instructions: standard input has none; give them as hex digits, 16 for each")
	}
	insns, err := exec.ParseSlots(bytes)
	if err != nil {
		return 0, fmt.Errorf("instructions: %w", err)
	}
	data, err := exec.ParseHex(memory)
	if err != nil {
		return 0, fmt.Errorf("--memory: %w", err)
	}
	return exec.RunRaw(insns, data, budget)
}
