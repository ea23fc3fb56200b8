package vm

import (
	"errors"
	"fmt"

	"github.com/bpflint/bpflint/exec/mem"
)

// Limits of Linux.
const (
	NumRegs      = 11  // R0 to R9 and the frame pointer
	MaxFrames    = 64  // nested calls; each program has 8 at most, and tail calls in functions nest programs
	StackSize    = 512 // bytes of stack of each frame
	MaxTailCalls = 33
	MaxMayGoto   = 8 << 20 // iterations that may_goto allows in a function
)

// stackRegion is the private region of the first frame's stack; the other
// frames follow.
const stackRegion = 1

// FirstFreeRegion is the first private region that the machine does not use
// itself.
const FirstFreeRegion = stackRegion + MaxFrames

// DefaultBudget is how many instructions a run may take when nothing else is
// said: several seconds.
const DefaultBudget = 1 << 30

// CPU is one processor: registers, stacks, and its view of memory. It runs one
// program at a time and belongs to one goroutine.
type CPU struct {
	// R are R0 to R10; there are as many as to need no check of an index.
	R   [256]uint64
	Mem *mem.View
	ID  int
	// Env belongs to whoever made the CPU; helpers find their state there.
	Env any
	// Budget is how many instructions a run may take.
	Budget int
	// Meter is for observed programs.
	Meter Meter

	engine    Engine
	code      *Code // that runs now
	depth     int   // of the current frame
	tailCalls int   // since the run began
	left      int   // instructions that the run may still take
	limit     int   // greatest pc at which the budget is not used up, while code runs
	frames    [MaxFrames]frame
	top       uint64 // where the stack of the running function begins
	stack     stacks
}

// frame is what a call saves, and the state that belongs to a function.
type frame struct {
	code    *Code // of the caller; nil when the function returns to Go
	ret     int
	saved   [4]uint64 // R6 to R9
	mayGoto int       // iterations left
}

// Engine runs code. All engines give the same results.
type Engine interface {
	// Run executes code from an instruction until the frame at the CPU's
	// depth returns.
	run(c *CPU, code *Code, pc int) error
}

// NewCPU returns a processor with stacks in the private regions of a view.
func NewCPU(id int, view *mem.View) *CPU {
	c := &CPU{ID: id, Mem: view, Budget: DefaultBudget, engine: Interpreter{}}
	c.Meter.SetClock(&stopped)
	c.Meter.at = &Context{}
	for i := range MaxFrames {
		b := c.stack.frame(i)
		view.SetPrivate(stackRegion+i, mem.Region{R: b, W: b}, mem.Info{Name: fmt.Sprintf("stack frame %d", i)})
	}
	return c
}

// Error is what stopped a program, and where.
type Error struct {
	Code *Code
	Slot int
	Err  error
}

// Error names the instruction.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: instruction %d: %v", e.Code.Name, e.Slot, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors that stop a program.
var (
	ErrBudget = errors.New("instruction budget exhausted")
	ErrFrames = fmt.Errorf("more than %d nested calls", MaxFrames)
	ErrEnd    = errors.New("control reaches the end of the program")
	errFunc   = errors.New("call of something that is not a function of the running program")
)

// Run executes code with R1 to R5 as set by the caller and returns R0.
func (c *CPU) Run(code *Code) (uint64, error) {
	c.tailCalls, c.left = 0, c.Budget
	c.use(0)
	if err := c.engine.run(c, code, 0); err != nil {
		return 0, err
	}
	return c.R[0], nil
}

// Executed returns how many instructions the last run took.
func (c *CPU) Executed() int { return c.Budget - c.left }

// Call runs a function of the running program, as a helper does with a
// callback, and returns its R0. R1 to R5 are its arguments.
func (c *CPU) Call(fn uint64, args ...uint64) (uint64, error) {
	code := c.code
	pc := fn - code.base
	if pc >= uint64(len(code.insts)) {
		return 0, errFunc
	}
	if c.depth+1 >= MaxFrames {
		return 0, ErrFrames
	}
	saved := [NumRegs]uint64(c.R[:])
	depth := c.depth
	c.use(depth + 1)
	copy(c.R[1:6], args)
	err := c.engine.run(c, code, int(pc))
	r0 := c.R[0]
	c.use(depth)
	copy(c.R[:], saved[:])
	c.code = code
	return r0, err
}

// RunFunc runs a function of code by its address when nothing else runs, as the
// kernel does with a timer's callback, and returns its R0. R1 to R5 are its
// arguments.
func (c *CPU) RunFunc(code *Code, fn uint64, args ...uint64) (uint64, error) {
	pc := fn - code.base
	if pc >= uint64(len(code.insts)) {
		return 0, errFunc
	}
	c.tailCalls, c.left = 0, c.Budget
	c.use(0)
	copy(c.R[1:6], args)
	if err := c.engine.run(c, code, int(pc)); err != nil {
		return 0, err
	}
	return c.R[0], nil
}

// Code returns the code that runs.
func (c *CPU) Code() *Code { return c.code }

func framePointer(depth int) uint64 { return mem.Addr(stackRegion+depth) + StackSize }

// fail makes an Error of what went wrong at a predecoded instruction. What
// comes from a nested run already says where it was.
func (c *CPU) fail(code *Code, pc int, err error) error {
	var inner *Error
	if errors.As(err, &inner) {
		return err
	}
	return &Error{code, code.slot(pc), err}
}
