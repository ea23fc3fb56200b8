package load

import "fmt"

const (
	// maxReserved bounds the bytes that an object's sections and variables
	// take; several may share the same bytes of the file.
	maxReserved = 256 << 20
	// maxRelocs bounds the relocations, which sections may share as well.
	maxRelocs = 4 << 20
	// maxSlots bounds the instructions: those of the functions, and those of
	// the programs, into which shared functions are copied. A kernel takes a
	// million in one program.
	maxSlots = 8 << 20
)

// budget bounds what an object makes us reserve beyond its own size: a few
// bytes of a file can stand for a large zeroed section, for one function in
// many programs or for one variable under many names.
type budget struct {
	bytes, relocs, slots uint64
}

func spend(account *uint64, n, limit uint64, what string) error {
	if *account += n; n > limit || *account > limit {
		return fmt.Errorf("the object has more than %d %s", limit, what)
	}
	return nil
}

func (b *budget) spendBytes(n uint64) error {
	return spend(&b.bytes, n, maxReserved, "bytes of sections and variables")
}

func (b *budget) spendRelocs(n uint64) error {
	return spend(&b.relocs, n, maxRelocs, "relocations")
}

func (b *budget) spendSlots(n int) error {
	return spend(&b.slots, uint64(n), maxSlots, "instructions in its functions and programs")
}
