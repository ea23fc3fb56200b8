package proof

import (
	"regexp"
	"slices"
	"sync"
)

// refusal is a row: what a message of the verifier means.
type refusal struct {
	id      string
	title   string
	pattern func() *regexp.Regexp // of the kernel's message
	say     string                // in our words; $1 is the first group of pattern
	hint    string
	doc     string
}

// refusals are tried from the first to the last, which matches everything. The
// patterns of the last few are broad.
var refusals = slices.Concat(privileges, calls, objects, accesses, arguments, programs, []refusal{
	{
		id: "proof/stack", title: "an access to the stack that is not allowed",
		pattern: pattern(`stack`),
		say:     "this access to the stack is not allowed",
		hint:    "initialise the bytes before they are read (= {} also clears padding), and stay within 512 bytes below R10",
		doc: `The stack has 512 bytes for a program and all functions in a chain of calls. Bytes must be written before they are
read, also by helpers; padding inside a struct counts, so initialise structs with = {} or __builtin_memset.
A variable index needs bounds.`,
	},
	{
		id: "proof/rejected", title: "the verifier refuses the program",
		pattern: pattern(`^`),
		say:     "the verifier refuses the program here",
		hint:    "",
		doc:     `The kernel's message says why.`,
	},
})

// pattern compiles an expression when it is first needed: most runs reject
// nothing, and all expressions together cost more than judging a small program.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
