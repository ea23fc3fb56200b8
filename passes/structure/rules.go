package structure

import "github.com/bpflint/bpflint/cfg/precheck"

type ruleRow struct {
	kind  precheck.Kind
	title string
	doc   string
	hint  string
}

// byCompiler ends the text of rules that compilers keep.
const byCompiler = `

Compilers do not make such code. Look for hand-written assembly, for a tool that
rewrote the instructions, or for a compiler that is newer than the target kernel.`

var rules = []ruleRow{
	{precheck.Flags, "the kernel does not know how the program wants to be loaded",
		`Some sections ask for a property that older kernels do not have, such as
xdp.frags for packets of several fragments, since Linux 5.18.`,
		"put the program into a section that the target kernel knows, or load it on newer kernels only"},
	{precheck.TooLarge, "the program has no instructions, or too many",
		`Linux takes programs of 1 to 1000000 instructions; without CAP_BPF, to 4096. A
64-bit constant counts twice.`,
		"split the program with tail calls, or move loops into bpf_loop()"},
	{precheck.Privilege, "the loading process lacks a capability",
		`Most program types need CAP_BPF, and besides CAP_NET_ADMIN when they work on
packets and sockets, or CAP_PERFMON when they trace the kernel. Without CAP_BPF a
program has one function and calls helpers only.`,
		"grant the capability, or choose the ones to assume with --caps"},
	{precheck.Callee, "a call leads to no instruction",
		`The distance of a call to a function of the program, or of the address of a
callback, points outside the program.` + byCompiler, ""},
	{precheck.Functions, "too many functions",
		`A program can have 256 functions, the entry and callbacks included. Functions
that are only inlined do not count.`,
		"mark small functions __always_inline"},
	{precheck.Kfunc, "the kernel functions that are called are not as they must be",
		`Calls of kernel functions need a licence that is compatible with the GPL, name
functions of the target kernel's BTF, and at most 256 different ones.`, ""},
	{precheck.Jump, "a jump leads out of its function",
		`Every jump must lead to an instruction of its own function.` + byCompiler, ""},
	{precheck.FallOff, "a function does not end with exit or a jump",
		`The last instruction of a function must be an exit or an unconditional jump, so
that control cannot run on into the next function. In C, the compiler may drop the
end of a function after a call that does not return or after undefined behaviour,
such as a division by a constant zero or the end of a function without a return.`,
		"return a value on every path of the function"},
	{precheck.Types, "the types of the functions do not fit them",
		`With BTF, every function must have a type. Functions other than the entry that
make a tail call or load from the packet directly must have one, and return a
number.`, "declare the function with a return type of int"},
	{precheck.Register, "there is no such register",
		`Programs name the registers R0 to R10.` + byCompiler, ""},
	{precheck.Wide, "a 16-byte instruction is malformed",
		`A 64-bit constant takes two slots. The second holds the upper half of the
constant and is zero otherwise; the source register of the first says what the
constant refers to: a number, a map, a value of a map, a variable of the kernel or
a function, where the target kernel knows of these.` + byCompiler, ""},
	{precheck.Map, "a map cannot be used like that",
		`A program can use 64 maps. Addresses inside a map's value exist for arrays of one
element and for arenas, within the value's size.`, ""},
	{precheck.Opcode, "the target kernel knows no such instruction",
		`New instructions came with 5.12 (atomic operations that return a value), 6.6
(-mcpu=v4), 6.9 (may_goto) and 6.15 (load-acquire and store-release).`,
		"compile for an older instruction set: -mcpu=v3, or -mcpu=v2"},
	{precheck.Reserved, "a reserved field is not zero",
		`Fields that an instruction does not use must be zero. Newer kernels give some of
them a meaning, so this can also be an instruction that is too new for the target.`,
		"compile for an older instruction set: -mcpu=v3, or -mcpu=v2"},
	{precheck.BackEdge, "a loop, where the kernel allows none",
		`Without CAP_BPF no loops are allowed at all. Kernels before 6.7 also refuse some
with it: control may go back by a jump, but not by running on into an instruction
that is already on the path, and not by a recursive call.`,
		"unroll the loop with #pragma unroll, or grant CAP_BPF"},
	{precheck.Unreachable, "an instruction cannot be reached",
		`Linux refuses programs with instructions that no path reaches, whatever they
do.` + byCompiler, "remove the code, or the function that nobody calls"},
	{precheck.Middle, "a jump leads into the middle of a 16-byte instruction",
		`The second half of a 64-bit constant is not an instruction.` + byCompiler, ""},
	{precheck.Recursion, "a function calls itself",
		`Functions of a program must not call themselves, neither directly nor through
others.`, "use a loop with an explicit stack, or a tail call"},
}
