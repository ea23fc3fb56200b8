package load

import "fmt"

// maxSlots bounds the instructions of an object's programs together, those of
// shared functions counted for each program. A kernel takes a million in one.
const maxSlots = 8 << 20

// maxReserved bounds the memory for global variables, in bytes.
const maxReserved = 256 << 20

// budget bounds what an object makes us reserve beyond its own size: a few
// bytes of a file can stand for a large zeroed section, for one function in
// many programs or for one variable under many names.
type budget struct {
	bytes uint64
	slots uint64
}

func (b *budget) spend(bytes uint64) error {
	if b.bytes += bytes; bytes > maxReserved || b.bytes > maxReserved {
		return fmt.Errorf("global variables take more than %d bytes", maxReserved)
	}
	return nil
}

func (b *budget) spendSlots(n int) error {
	if b.slots += uint64(n); b.slots > maxSlots {
		return fmt.Errorf("the object's programs have more than %d instructions together", maxSlots)
	}
	return nil
}
