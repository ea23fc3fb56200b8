package cfg

// Graph is the control-flow graph of a program with all its functions.
type Graph struct {
	Insns []Insn
}
