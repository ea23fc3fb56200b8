package proof

// programs are rows about the program as a whole.
var programs = []refusal{
	{
		id: "proof/encoding", title: "an instruction that is malformed",
		pattern: pattern(`uses reserved fields|^unknown opcode|^R\d+ is invalid|^jump (?:out of range|into the middle)|^unreachable insn|^last insn is not|^invalid BPF_`),
		say:     "this instruction is not a valid one",
		hint:    "compile again with a current clang; for hand-written code see RFC 9669",
		doc:     `The kernel does not know the instruction, or it has something in a field that must be zero, or jumps to where no instruction starts.`,
	},
	{
		id: "proof/arithmetic", title: "a division by zero or a shift that is too wide",
		pattern: pattern(`^div by zero|^invalid shift`),
		say:     "the constant operand is not allowed here",
		hint:    "divide by something else than the constant 0, and shift by less than the width of the operand",
		doc:     `A division by a register that is zero yields 0, and shifts by a register are cut to the width. As constants both are mistakes, and refused.`,
	},
	{
		id: "proof/return-value", title: "the program's result is out of range",
		pattern: pattern(`^At (?:program exit|(?:async )?callback)`),
		say:     "the result is not one of those that this program type may return",
		hint:    "return a value that is in the range for this attach type, on every path",
		doc:     `For some program and attach types the kernel allows only certain results, and the verifier must be able to prove them.`,
	},
	{
		id: "proof/loop", title: "a loop that does not end, or may not",
		pattern: pattern(`^(?:infinite loop detected|back-edge)`),
		say:     "this loop comes back in the same state: the verifier cannot see that it ends",
		hint:    "change something in each round that bounds the loop, such as a counter with a constant limit",
		doc: `The verifier walks loops round by round. When a round leaves everything as it was, it would go on forever. Loops over
what the verifier cannot count need bpf_loop, an open-coded iterator (bpf_for) or, since Linux 6.9, may_goto.`,
	},
	{
		id: "proof/complexity", title: "too many paths to explore",
		pattern: pattern(`^(?:BPF program is too large|The sequence of \d+ jumps)`),
		say:     "the verifier gives up: it has walked as many instructions as it may",
		hint:    "move loop bodies into functions for bpf_loop, make helper functions global (__noinline, not static), bound loops",
		doc: `At most one million instructions are walked over all paths together. Unrolled loops and many independent branches multiply paths.
Global functions are verified once and for all; bpf_loop walks its callback only until nothing changes.`,
	},
	{
		id: "proof/attach", title: "the program cannot be loaded for this attach point",
		pattern: pattern(`btf_id|is not sleepable|programs can be sleepable|not found in kernel|[Aa]ttach|^The address of function|is not modifiable|device-bound`),
		say:     "the kernel refuses this attach point for the program",
		hint:    "",
		doc:     `Tracing, LSM and extension programs are bound to a function when they are loaded. It must exist in the kernel and allow this kind of program.`,
	},
}
