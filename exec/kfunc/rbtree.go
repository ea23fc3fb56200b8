package kfunc

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// Trees are red-black trees (Cormen, Leiserson, Rivest and Stein, Introduction
// to Algorithms, chapter 13) in the program's memory. A node is its parent
// with its colour in the lowest bit, its right and its left child, and the
// root that owns it; a root is the top node and the leftmost one.
const (
	treeParent = 0
	treeRightC = 8
	treeLeftC  = 16
	treeOwner  = 24
	treeFirstN = 8 // in the root
	black      = 1
)

// tree is a root with accessors; the null node is black.
type tree struct {
	words
	root uint64
}

func openTree(c *vm.CPU, root uint64) *tree { return &tree{words{cpu: c}, root} }

func (t *tree) parent(n uint64) uint64 { return t.get(n+treeParent) &^ black }

func (t *tree) isBlack(n uint64) bool { return n == 0 || t.get(n+treeParent)&black != 0 }

func (t *tree) setParent(n, p uint64) {
	if n != 0 {
		t.set(n+treeParent, p|t.get(n+treeParent)&black)
	}
}

func (t *tree) paint(n uint64, color uint64) { t.set(n+treeParent, t.parent(n)|color) }

// child returns a child; side is treeLeftC or treeRightC.
func (t *tree) child(n, side uint64) uint64 { return t.get(n + side) }

func other(side uint64) uint64 { return treeLeftC + treeRightC - side }

// replace lets what was above a node point to another one.
func (t *tree) replace(n, with uint64) {
	p := t.parent(n)
	switch {
	case p == 0:
		t.set(t.root, with)
	case t.child(p, treeLeftC) == n:
		t.set(p+treeLeftC, with)
	default:
		t.set(p+treeRightC, with)
	}
	t.setParent(with, p)
}

// rotate moves a node down to a side; its child of the other side takes its
// place.
func (t *tree) rotate(n, side uint64) {
	up := t.child(n, other(side))
	inner := t.child(up, side)
	t.replace(n, up)
	t.set(n+other(side), inner)
	t.setParent(inner, n)
	t.set(up+side, n)
	t.setParent(n, up)
}

// extreme walks to the end of a side.
func (t *tree) extreme(n, side uint64) uint64 {
	for n != 0 && t.err == nil {
		next := t.child(n, side)
		if next == 0 {
			break
		}
		n = next
	}
	return n
}

func (t *tree) setFirst() { t.set(t.root+treeFirstN, t.extreme(t.get(t.root), treeLeftC)) }

// treeAdd puts a node where a function of the program says.
func treeAdd(c *vm.CPU) (uint64, error) {
	t, node, less := openTree(c, c.R[1]), c.R[2], c.R[3]
	if t.get(node+treeOwner) != 0 {
		if t.err != nil {
			return 0, t.err
		}
		return errno.EINVAL.Ret(), Drop(c, node)
	}
	parent, side := uint64(0), uint64(treeLeftC)
	for n := t.get(t.root); n != 0 && t.err == nil; n = t.child(n, side) {
		r, err := c.Call(less, node, n)
		if err != nil {
			return 0, err
		}
		if parent, side = n, treeRightC; r != 0 {
			side = treeLeftC
		}
	}
	t.set(node+treeParent, parent) // red
	t.set(node+treeLeftC, 0)
	t.set(node+treeRightC, 0)
	t.set(node+treeOwner, t.root)
	if parent == 0 {
		t.set(t.root, node)
	} else {
		t.set(parent+side, node)
	}
	t.fixInsert(node)
	t.setFirst()
	return 0, t.err
}

func (t *tree) fixInsert(n uint64) {
	for t.err == nil {
		p := t.parent(n)
		if t.isBlack(p) {
			break
		}
		g := t.parent(p)
		side := uint64(treeLeftC)
		if t.child(g, treeRightC) == p {
			side = treeRightC
		}
		if uncle := t.child(g, other(side)); !t.isBlack(uncle) {
			t.paint(p, black)
			t.paint(uncle, black)
			t.paint(g, 0)
			n = g
			continue
		}
		if t.child(p, other(side)) == n {
			t.rotate(p, side)
			n, p = p, n
		}
		t.paint(p, black)
		t.paint(g, 0)
		t.rotate(g, other(side))
	}
	if top := t.get(t.root); top != 0 {
		t.paint(top, black)
	}
}

func treeRemove(c *vm.CPU) (uint64, error) {
	t, node := openTree(c, c.R[1]), c.R[2]
	if t.get(node+treeOwner) != t.root || t.err != nil {
		return 0, t.err
	}
	t.remove(node)
	t.set(node+treeParent, node)
	t.set(node+treeOwner, 0)
	t.setFirst()
	return node, t.err
}

// remove takes a node out. Where it has two children, the next one in order
// takes its place and its colour.
func (t *tree) remove(node uint64) {
	gap, above, lost := uint64(0), uint64(0), t.isBlack(node)
	left, right := t.child(node, treeLeftC), t.child(node, treeRightC)
	switch {
	case left == 0:
		gap, above = right, t.parent(node)
		t.replace(node, right)
	case right == 0:
		gap, above = left, t.parent(node)
		t.replace(node, left)
	default:
		next := t.extreme(right, treeLeftC)
		lost = t.isBlack(next)
		gap, above = t.child(next, treeRightC), t.parent(next)
		if above == node {
			above = next
		} else {
			t.replace(next, gap)
			t.set(next+treeRightC, right)
			t.setParent(right, next)
		}
		t.replace(node, next)
		t.set(next+treeLeftC, left)
		t.setParent(left, next)
		t.set(next+treeParent, t.parent(next)|t.get(node+treeParent)&black)
	}
	if lost {
		t.fixRemove(gap, above)
	}
}

// fixRemove restores the number of black nodes below above, on the side of n,
// which may be null.
func (t *tree) fixRemove(n, above uint64) {
	for above != 0 && t.isBlack(n) && t.err == nil {
		side := uint64(treeLeftC)
		if t.child(above, treeRightC) == n {
			side = treeRightC
		}
		sibling := t.child(above, other(side))
		if !t.isBlack(sibling) {
			t.paint(sibling, black)
			t.paint(above, 0)
			t.rotate(above, side)
			sibling = t.child(above, other(side))
		}
		if t.isBlack(t.child(sibling, treeLeftC)) && t.isBlack(t.child(sibling, treeRightC)) {
			t.paint(sibling, 0)
			n, above = above, t.parent(above)
			continue
		}
		if t.isBlack(t.child(sibling, other(side))) {
			t.paint(t.child(sibling, side), black)
			t.paint(sibling, 0)
			t.rotate(sibling, other(side))
			sibling = t.child(above, other(side))
		}
		t.paint(sibling, t.get(above+treeParent)&black)
		t.paint(above, black)
		t.paint(t.child(sibling, other(side)), black)
		t.rotate(above, side)
		n = t.get(t.root)
		break
	}
	if n != 0 {
		t.paint(n, black)
	}
}

func treeFirst(c *vm.CPU) (uint64, error) { return c.Mem.Load(c.R[1]+treeFirstN, 8) }
func treeRoot(c *vm.CPU) (uint64, error)  { return c.Mem.Load(c.R[1], 8) }
func treeLeft(c *vm.CPU) (uint64, error)  { return treeChild(c, treeLeftC) }
func treeRight(c *vm.CPU) (uint64, error) { return treeChild(c, treeRightC) }

func treeChild(c *vm.CPU, side uint64) (uint64, error) {
	t := openTree(c, c.R[1])
	if t.get(c.R[2]+treeOwner) != t.root {
		return 0, t.err
	}
	return t.child(c.R[2], side), t.err
}
