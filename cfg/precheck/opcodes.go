package precheck

import (
	"slices"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// opcodeRow lists opcodes: one for each combination of the three columns.
type opcodeRow struct {
	needs      []linux.Feature
	classes    []uint8
	operations []uint8 // arithmetic and jump operations, or modes
	variants   []uint8 // source bits or sizes
}

var (
	bothSources = []uint8{cfg.SrcK, cfg.SrcX}
	allSizes    = []uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW, cfg.SizeDW}
)

// opcodeRows are the instructions that a kernel knows by their opcode alone.
var opcodeRows = []opcodeRow{
	{classes: []uint8{cfg.ClassALU, cfg.ClassALU64}, variants: bothSources, operations: []uint8{
		cfg.AluADD, cfg.AluSUB, cfg.AluMUL, cfg.AluDIV, cfg.AluOR, cfg.AluAND, cfg.AluLSH, cfg.AluRSH,
		cfg.AluMOD, cfg.AluXOR, cfg.AluMOV, cfg.AluARSH,
	}},
	{classes: []uint8{cfg.ClassALU, cfg.ClassALU64}, operations: []uint8{cfg.AluNEG}, variants: []uint8{cfg.SrcK}},
	{classes: []uint8{cfg.ClassALU}, operations: []uint8{cfg.AluEND}, variants: bothSources},
	{needs: []linux.Feature{linux.ISAv4}, classes: []uint8{cfg.ClassALU64}, operations: []uint8{cfg.AluEND}, variants: []uint8{cfg.SrcK}},
	{classes: []uint8{cfg.ClassJMP, cfg.ClassJMP32}, variants: bothSources, operations: []uint8{
		cfg.JmpJEQ, cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJSET, cfg.JmpJNE, cfg.JmpJSGT, cfg.JmpJSGE,
		cfg.JmpJLT, cfg.JmpJLE, cfg.JmpJSLT, cfg.JmpJSLE,
	}},
	{classes: []uint8{cfg.ClassJMP}, operations: []uint8{cfg.JmpJA, cfg.JmpCALL, cfg.JmpEXIT}, variants: []uint8{cfg.SrcK}},
	{needs: []linux.Feature{linux.LongJump}, classes: []uint8{cfg.ClassJMP32}, operations: []uint8{cfg.JmpJA}, variants: []uint8{cfg.SrcK}},
	{needs: []linux.Feature{linux.MayGoto}, classes: []uint8{cfg.ClassJMP}, operations: []uint8{cfg.JmpCOND}, variants: []uint8{cfg.SrcK}},
	{needs: []linux.Feature{linux.IndirectJump}, classes: []uint8{cfg.ClassJMP}, operations: []uint8{cfg.JmpJA}, variants: []uint8{cfg.SrcX}},
	{classes: []uint8{cfg.ClassLDX, cfg.ClassST, cfg.ClassSTX}, operations: []uint8{cfg.ModeMEM}, variants: allSizes},
	{needs: []linux.Feature{linux.ISAv4}, classes: []uint8{cfg.ClassLDX}, operations: []uint8{cfg.ModeMEMSX}, variants: allSizes[:3]},
	{classes: []uint8{cfg.ClassSTX}, operations: []uint8{cfg.ModeATOMIC}, variants: allSizes[2:]},
	{needs: []linux.Feature{linux.SmallAtomics}, classes: []uint8{cfg.ClassSTX}, operations: []uint8{cfg.ModeATOMIC}, variants: allSizes[:2]},
	{classes: []uint8{cfg.ClassLD}, operations: []uint8{cfg.ModeABS, cfg.ModeIND}, variants: allSizes[:3]},
	{classes: []uint8{cfg.ClassLD}, operations: []uint8{cfg.ModeIMM}, variants: allSizes[3:]},
}

// opcodeSet has one bit for each opcode.
type opcodeSet [4]uint64

func (s *opcodeSet) add(op uint8)      { s[op>>6] |= 1 << (op & 63) }
func (s *opcodeSet) has(op uint8) bool { return s[op>>6]>>(op&63)&1 != 0 }

// opcodesOf returns the opcodes that a kernel knows.
func opcodesOf(k linux.Version) opcodeSet {
	var set opcodeSet
	for _, row := range opcodeRows {
		if !hasAll(k, row.needs) {
			continue
		}
		for _, class := range row.classes {
			for _, operation := range row.operations {
				for _, variant := range row.variants {
					set.add(class | operation | variant)
				}
			}
		}
	}
	return set
}

func hasAll(k linux.Version, features []linux.Feature) bool {
	return !slices.ContainsFunc(features, func(f linux.Feature) bool { return !k.Has(f) })
}
