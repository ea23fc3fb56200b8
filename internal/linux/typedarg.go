package linux

import (
	"strconv"
	"strings"
)

// TypedArg says what an argument of a tracepoint, an iterator or a member of a
// struct_ops is, beyond its type.
type TypedArg struct {
	Index uint8
	Kind  TypedArgKind
}

// TypedArgKind is what an argument of a typed program is.
type TypedArgKind uint8

// Kinds of typed arguments.
const (
	ArgPlain          TypedArgKind = iota // a pointer that is not trusted
	ArgNullable                           // a trusted pointer or null
	ArgPlainOrNull                        // a pointer that is not trusted, or null
	ArgTrusted                            // a trusted pointer
	ArgRef                                // a trusted pointer that holds a reference
	ArgNumber                             // maybe an error code: no pointer
	ArgReadBufOrNull                      // a buffer that may be read, or null
	ArgWriteBufOrNull                     // a buffer that may be written, or null
)

// typedArgs is a row: the arguments of a target, as words.
type typedArgs struct {
	kernels Kernels
	name    string
	args    string // "INDEX:KIND ..."
}

// argWords are the names that the verifier's log gives to arguments.
var argWords = map[string]TypedArgKind{
	"ptr_": ArgPlain, "trusted_ptr_or_null_": ArgNullable, "ptr_or_null_": ArgPlainOrNull, "trusted_ptr_": ArgTrusted,
	"scalar": ArgNumber, "inv": ArgNumber, "rdwr_buf_or_null": ArgWriteBufOrNull, "rdonly_buf_or_null": ArgReadBufOrNull, "buf_or_null": ArgWriteBufOrNull,
}

// TracepointArgs lists the arguments of a tracepoint that are not plainly what
// their types say.
func (k *Kernel) TracepointArgs(name string) []TypedArg {
	if !k.Version.Has(TypedTrust) {
		return nil
	}
	return k.argsOf(tracepointArgs, name)
}

// IteratorArgs lists the arguments of an iterator such as "task"; nil when
// there is no such iterator.
func (k *Kernel) IteratorArgs(name string) []TypedArg { return k.argsOf(iteratorArgs, name) }

func (k *Kernel) argsOf(rows []typedArgs, name string) []TypedArg {
	for i := range rows {
		if r := &rows[i]; r.name == name && r.kernels.In(k.Version) {
			return parseArgs(r.args)
		}
	}
	return nil
}

func parseArgs(words string) []TypedArg {
	var args []TypedArg
	for _, w := range strings.Fields(words) {
		index, kind, _ := strings.Cut(w, ":")
		n, _ := strconv.Atoi(index)
		args = append(args, TypedArg{Index: uint8(n), Kind: argWords[kind]})
	}
	return args
}

// opsArgs are arguments of struct_ops members that programs get as another
// struct than the member's type says.
var opsArgs = []struct {
	member string
	index  int
	as     string
}{
	{"Qdisc_ops:enqueue", 2, "bpf_sk_buff_ptr"},
}

// OpsArgument returns the struct that the argument of a struct_ops member
// ("OPS:MEMBER") points to for programs, when that is not the declared one.
func OpsArgument(member string, index int) (as string, ok bool) {
	for i := range opsArgs {
		if r := &opsArgs[i]; r.member == member && r.index == index {
			return r.as, true
		}
	}
	return "", false
}
