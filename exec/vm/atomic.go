package vm

import (
	"errors"
	"sync/atomic"
	"unsafe"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
)

// atomicOp packs an atomic operation and the bytes that it works on.
func atomicOp(imm int32, size int) uint64 { return uint64(imm)<<8 | uint64(size) }

// knownAtomic reports whether the operation exists for a size.
func knownAtomic(imm int32, size int) bool {
	switch imm {
	case cfg.AtomicLoadACQ, cfg.AtomicStoreREL:
		return true
	case cfg.AtomicADD, cfg.AtomicOR, cfg.AtomicAND, cfg.AtomicXOR,
		cfg.AtomicADD | cfg.AtomicFETCH, cfg.AtomicOR | cfg.AtomicFETCH,
		cfg.AtomicAND | cfg.AtomicFETCH, cfg.AtomicXOR | cfg.AtomicFETCH,
		cfg.AtomicXCHG, cfg.AtomicCMPXCHG:
		return size >= 4
	}
	return false
}

var errMisaligned = errors.New("atomic operation on a misaligned address")

// atomic runs an atomic instruction. 8- and 16-bit operations are only load
// and store, which the machine's plain accesses do in one piece.
func (c *CPU) atomic(in *inst) error {
	kind, size := int32(in.imm>>8), int(in.imm&0xff)
	if kind == cfg.AtomicLoadACQ {
		return c.loadAcquire(in, size)
	}
	addr := c.R[in.dst] + uint64(int64(in.off))
	if kind == cfg.AtomicStoreREL && size < 4 {
		return c.Mem.Store(addr, size, c.R[in.src])
	}
	b, err := c.Mem.Write(addr, size)
	if err != nil {
		return err
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if uintptr(p)&uintptr(size-1) != 0 {
		return errMisaligned
	}
	if size == 4 {
		c.atomic32((*uint32)(p), kind, in.src)
		return nil
	}
	c.atomic64((*uint64)(p), kind, in.src)
	return nil
}

func (c *CPU) loadAcquire(in *inst, size int) error {
	addr := c.R[in.src] + uint64(int64(in.off))
	b, err := c.Mem.Read(addr, size)
	if err != nil {
		return err
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if uintptr(p)&uintptr(size-1) != 0 {
		return errMisaligned
	}
	switch size {
	case 8:
		c.R[in.dst] = atomic.LoadUint64((*uint64)(p))
	case 4:
		c.R[in.dst] = uint64(atomic.LoadUint32((*uint32)(p)))
	default:
		c.R[in.dst] = mem.Get(b)
	}
	return nil
}

// atomic64 works on 8 bytes; the operations that fetch leave the old value in
// the source register, compare-and-exchange in R0.
func (c *CPU) atomic64(p *uint64, kind int32, src uint8) {
	v := c.R[src]
	switch kind {
	case cfg.AtomicADD:
		atomic.AddUint64(p, v)
	case cfg.AtomicADD | cfg.AtomicFETCH:
		c.R[src] = atomic.AddUint64(p, v) - v
	case cfg.AtomicOR:
		atomic.OrUint64(p, v)
	case cfg.AtomicOR | cfg.AtomicFETCH:
		c.R[src] = atomic.OrUint64(p, v)
	case cfg.AtomicAND:
		atomic.AndUint64(p, v)
	case cfg.AtomicAND | cfg.AtomicFETCH:
		c.R[src] = atomic.AndUint64(p, v)
	case cfg.AtomicXOR, cfg.AtomicXOR | cfg.AtomicFETCH:
		old := atomic.LoadUint64(p)
		for !atomic.CompareAndSwapUint64(p, old, old^v) {
			old = atomic.LoadUint64(p)
		}
		if kind&cfg.AtomicFETCH != 0 {
			c.R[src] = old
		}
	case cfg.AtomicXCHG:
		c.R[src] = atomic.SwapUint64(p, v)
	case cfg.AtomicCMPXCHG:
		c.R[0] = swapIfEqual64(p, c.R[0], v)
	case cfg.AtomicStoreREL:
		atomic.StoreUint64(p, v)
	}
}

// atomic32 works on 4 bytes; what is fetched is zero-extended.
func (c *CPU) atomic32(p *uint32, kind int32, src uint8) {
	v := uint32(c.R[src])
	switch kind {
	case cfg.AtomicADD:
		atomic.AddUint32(p, v)
	case cfg.AtomicADD | cfg.AtomicFETCH:
		c.R[src] = uint64(atomic.AddUint32(p, v) - v)
	case cfg.AtomicOR:
		atomic.OrUint32(p, v)
	case cfg.AtomicOR | cfg.AtomicFETCH:
		c.R[src] = uint64(atomic.OrUint32(p, v))
	case cfg.AtomicAND:
		atomic.AndUint32(p, v)
	case cfg.AtomicAND | cfg.AtomicFETCH:
		c.R[src] = uint64(atomic.AndUint32(p, v))
	case cfg.AtomicXOR, cfg.AtomicXOR | cfg.AtomicFETCH:
		old := atomic.LoadUint32(p)
		for !atomic.CompareAndSwapUint32(p, old, old^v) {
			old = atomic.LoadUint32(p)
		}
		if kind&cfg.AtomicFETCH != 0 {
			c.R[src] = uint64(old)
		}
	case cfg.AtomicXCHG:
		c.R[src] = uint64(atomic.SwapUint32(p, v))
	case cfg.AtomicCMPXCHG:
		c.R[0] = uint64(swapIfEqual32(p, uint32(c.R[0]), v))
	case cfg.AtomicStoreREL:
		atomic.StoreUint32(p, v)
	}
}

// swapIfEqual64 stores v when the value is want, and returns what was there.
func swapIfEqual64(p *uint64, want, v uint64) uint64 {
	for {
		old := atomic.LoadUint64(p)
		if old != want || atomic.CompareAndSwapUint64(p, old, v) {
			return old
		}
	}
}

func swapIfEqual32(p *uint32, want, v uint32) uint32 {
	for {
		old := atomic.LoadUint32(p)
		if old != want || atomic.CompareAndSwapUint32(p, old, v) {
			return old
		}
	}
}
