package kfunc

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// Lists are circular: a head is a pointer to the first and one to the last
// node, a node one to the next, one to the previous and one to the head that
// owns it. A head of zeros is an empty list that was never used.
const (
	nodeNext  = 0
	nodePrev  = 8
	nodeOwner = 16
)

// words reads and writes pointers in the program's memory; the first error
// stays.
type words struct {
	cpu *vm.CPU
	err error
}

func (w *words) get(addr uint64) uint64 {
	if w.err != nil {
		return 0
	}
	v, err := w.cpu.Mem.Load(addr, 8)
	w.err = err
	return v
}

func (w *words) set(addr, v uint64) {
	if w.err == nil {
		w.err = w.cpu.Mem.Store(addr, 8, v)
	}
}

// openList prepares a head that was never used.
func openList(w *words, head uint64) {
	if w.get(head+nodeNext) == 0 {
		w.set(head+nodeNext, head)
		w.set(head+nodePrev, head)
	}
}

func listPushFront(c *vm.CPU) (uint64, error) { return listPush(c, nodeNext, nodePrev) }
func listPushBack(c *vm.CPU) (uint64, error)  { return listPush(c, nodePrev, nodeNext) }

// listPush puts a node beside the head; toward leads from the head to it. A
// node that is in a list already loses the reference.
func listPush(c *vm.CPU, toward, back uint64) (uint64, error) {
	w := &words{cpu: c}
	head, node := c.R[1], c.R[2]
	openList(w, head)
	if w.get(node+nodeOwner) != 0 {
		if w.err != nil {
			return 0, w.err
		}
		return errno.EINVAL.Ret(), Drop(c, node)
	}
	old := w.get(head + toward)
	w.set(node+toward, old)
	w.set(node+back, head)
	w.set(old+back, node)
	w.set(head+toward, node)
	w.set(node+nodeOwner, head)
	return 0, w.err
}

func listPopFront(c *vm.CPU) (uint64, error) { return listPop(c, nodeNext) }
func listPopBack(c *vm.CPU) (uint64, error)  { return listPop(c, nodePrev) }

func listPop(c *vm.CPU, toward uint64) (uint64, error) {
	w := &words{cpu: c}
	head := c.R[1]
	openList(w, head)
	node := w.get(head + toward)
	if node == head || w.get(node+nodeOwner) != head {
		return 0, w.err
	}
	next, prev := w.get(node+nodeNext), w.get(node+nodePrev)
	w.set(prev+nodeNext, next)
	w.set(next+nodePrev, prev)
	w.set(node+nodeNext, node)
	w.set(node+nodePrev, node)
	w.set(node+nodeOwner, 0)
	return node, w.err
}

func listFront(c *vm.CPU) (uint64, error) { return listEnd(c, nodeNext) }
func listBack(c *vm.CPU) (uint64, error)  { return listEnd(c, nodePrev) }

func listEnd(c *vm.CPU, toward uint64) (uint64, error) {
	w := &words{cpu: c}
	node := w.get(c.R[1] + toward)
	if node == c.R[1] {
		node = 0
	}
	return node, w.err
}
