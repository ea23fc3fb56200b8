package kfunc

import (
	"math/bits"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// A mask of CPUs has as many bits as the kernel's, one for each CPU that there
// may be, in words; the count of references after it is the heap's matter.
const maskLen = 8192/8 + 8

func maskCreate(c *vm.CPU) (uint64, error) {
	o := helper.EnvOf(c).Heap.New(maskLen, nil, false)
	if o == nil {
		return 0, nil
	}
	return o.Addr, nil
}

// mask is a mask of which this machine's CPUs count.
type mask struct {
	words []byte
	cpus  int
}

func maskAt(c *vm.CPU, reg int, write bool) (mask, error) {
	cpus := helper.EnvOf(c).Maps.CPUs
	n := (cpus + 63) / 64 * 8
	var b []byte
	var err error
	if write {
		b, err = c.Mem.Write(c.R[reg], n)
	} else {
		b, err = c.Mem.Read(c.R[reg], n)
	}
	return mask{b, cpus}, err
}

func (m mask) word(i int) uint64 {
	w := mem.Get(m.words[8*i:][:8])
	if rest := m.cpus - 64*i; rest < 64 {
		w &= 1<<rest - 1
	}
	return w
}

func (m mask) count() int { return len(m.words) / 8 }

// first returns the first CPU in the mask, or that is not, and the number of
// CPUs when there is none.
func (m mask) first(in bool) uint64 {
	for i := range m.count() {
		w := m.word(i)
		if !in {
			w = ^w
		}
		if w != 0 {
			return uint64(min(64*i+bits.TrailingZeros64(w), m.cpus))
		}
	}
	return uint64(m.cpus)
}

// maskQuery is a kfunc that reads the mask in R1.
func maskQuery(f func(mask) uint64) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		m, err := maskAt(c, 1, false)
		if err != nil {
			return 0, err
		}
		return f(m), nil
	}
}

func maskWeight(m mask) (n uint64) {
	for i := range m.count() {
		n += uint64(bits.OnesCount64(m.word(i)))
	}
	return n
}

// maskCompare is a kfunc that reads the masks in R1 and R2 word by word.
func maskCompare(f func(a, b uint64) bool, all bool) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		a, err := maskAt(c, 1, false)
		if err != nil {
			return 0, err
		}
		b, err := maskAt(c, 2, false)
		if err != nil {
			return 0, err
		}
		for i := range a.count() {
			if f(a.word(i), b.word(i)) != all {
				return boolean(!all), nil
			}
		}
		return boolean(all), nil
	}
}

// maskCombine is a kfunc that writes to R1 what R2 and R3 make word by word,
// and returns whether any CPU is in it.
func maskCombine(f func(a, b uint64) uint64) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		dst, err := maskAt(c, 1, true)
		if err != nil {
			return 0, err
		}
		a, err := maskAt(c, 2, false)
		if err != nil {
			return 0, err
		}
		b, err := maskAt(c, 3, false)
		if err != nil {
			return 0, err
		}
		for i := range dst.count() {
			mem.Put(dst.words[8*i:][:8], f(a.word(i), b.word(i)))
		}
		return boolean(maskWeight(dst) != 0), nil
	}
}

// maskFirstAnd returns the first CPU that is in both masks.
func maskFirstAnd(c *vm.CPU) (uint64, error) {
	a, err := maskAt(c, 1, false)
	if err != nil {
		return 0, err
	}
	b, err := maskAt(c, 2, false)
	if err != nil {
		return 0, err
	}
	for i := range a.count() {
		if w := a.word(i) & b.word(i); w != 0 {
			return uint64(64*i + bits.TrailingZeros64(w)), nil
		}
	}
	return uint64(a.cpus), nil
}

// maskBit is a kfunc that changes the CPU in R1 of the mask in R2, and returns
// whether it was in it when old is set.
func maskBit(change func(w, bit uint64) uint64, old bool) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		m, err := maskAt(c, 2, change != nil)
		cpu := int(uint32(c.R[1]))
		if err != nil || cpu >= m.cpus {
			return 0, err
		}
		b := m.words[cpu/64*8:][:8]
		w, bit := mem.Get(b), uint64(1)<<(cpu%64)
		if change != nil {
			mem.Put(b, change(w, bit))
		}
		return boolean(old && w&bit != 0), nil
	}
}

// maskFill sets all words of the mask in R1.
func maskFill(w uint64) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		m, err := maskAt(c, 1, true)
		if err != nil {
			return 0, err
		}
		for i := range m.count() {
			mem.Put(m.words[8*i:][:8], w)
		}
		return 0, nil
	}
}

func maskCopy(c *vm.CPU) (uint64, error) {
	dst, err := maskAt(c, 1, true)
	if err != nil {
		return 0, err
	}
	src, err := maskAt(c, 2, false)
	copy(dst.words, src.words)
	return 0, err
}

// maskPopulate fills the mask in R1 from R3 bytes at R2.
func maskPopulate(c *vm.CPU) (uint64, error) {
	n := int(uint32(c.R[3]))
	dst, err := maskAt(c, 1, true)
	if err != nil {
		return 0, err
	}
	switch {
	case n < (dst.cpus+7)/8:
		return ret(errno.EACCES)
	case n%8 != 0:
		return ret(errno.EINVAL)
	}
	src, err := c.Mem.Read(c.R[2], n)
	copy(dst.words, src)
	return 0, err
}

// acquireObject takes another reference to a mask or to an object of the
// kernel, which is not counted here.
func acquireObject(c *vm.CPU) (uint64, error) {
	heap := helper.EnvOf(c).Heap
	if o := heap.At(c.R[1]); o != nil {
		heap.Acquire(o)
	}
	return c.R[1], nil
}

func releaseObject(c *vm.CPU) (uint64, error) {
	heap := helper.EnvOf(c).Heap
	if o := heap.At(c.R[1]); o != nil {
		heap.Drop(o)
	}
	return 0, nil
}

// masks holds the kfuncs on masks of CPUs by what follows "bpf_cpumask_".
var masks = map[string]vm.Func{
	"create": maskCreate, "acquire": acquireObject, "release": releaseObject,
	"first": maskQuery(maskFirst), "any_distribute": maskQuery(maskFirst),
	"first_zero": maskQuery(func(m mask) uint64 { return m.first(false) }),
	"first_and":  maskFirstAnd, "any_and_distribute": maskFirstAnd,
	"weight": maskQuery(maskWeight),
	"empty":  maskQuery(func(m mask) uint64 { return boolean(maskWeight(m) == 0) }),
	"full":   maskQuery(func(m mask) uint64 { return boolean(maskWeight(m) == uint64(m.cpus)) }),
	"equal":  maskCompare(func(a, b uint64) bool { return a == b }, true),
	"subset": maskCompare(func(a, b uint64) bool { return a&^b == 0 }, true),

	"intersects":         maskCompare(func(a, b uint64) bool { return a&b != 0 }, false),
	"and":                maskCombine(func(a, b uint64) uint64 { return a & b }),
	"or":                 maskCombine(func(a, b uint64) uint64 { return a | b }),
	"xor":                maskCombine(func(a, b uint64) uint64 { return a ^ b }),
	"set_cpu":            maskBit(maskSet, false),
	"clear_cpu":          maskBit(maskClear, false),
	"test_cpu":           maskBit(nil, true),
	"test_and_set_cpu":   maskBit(maskSet, true),
	"test_and_clear_cpu": maskBit(maskClear, true),
	"setall":             maskFill(1<<64 - 1),
	"clear":              maskFill(0),
	"copy":               maskCopy,
	"populate":           maskPopulate,
}

func maskFirst(m mask) uint64        { return m.first(true) }
func maskSet(w, bit uint64) uint64   { return w | bit }
func maskClear(w, bit uint64) uint64 { return w &^ bit }
