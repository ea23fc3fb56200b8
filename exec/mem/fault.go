package mem

import "fmt"

// Fault is an access that no region allows.
type Fault struct {
	Addr  uint64
	Size  int
	Write bool
	// Region names the region that the address points into or just below,
	// empty when there is none.
	Region string
	// Off is where in the region that is.
	Off int64
	// Len is how many bytes of the region can be accessed in this way.
	Len int
	// Denied says that the bytes are there but may only be read.
	Denied bool
}

// Error says what was accessed and why that was wrong.
func (f *Fault) Error() string {
	verb := "read"
	if f.Write {
		verb = "write"
	}
	what := fmt.Sprintf("%s of %d bytes at ", verb, f.Size)
	if f.Size == 1 {
		what = verb + " of 1 byte at "
	}
	switch {
	case f.Addr == 0:
		return what + "NULL"
	case f.Region == "":
		return fmt.Sprintf("%s%#x, which is not a valid pointer", what, f.Addr)
	case f.Denied:
		return fmt.Sprintf("%soffset %d of %s, which is read-only", what, f.Off, f.Region)
	}
	return fmt.Sprintf("%soffset %d of %s, which has %d bytes", what, f.Off, f.Region, f.Len)
}

func (v *View) fault(addr uint64, n int, write bool) *Fault {
	f := &Fault{Addr: addr, Size: n, Write: write}
	// No region is that long, so the pointer moved down from the next one.
	if addr < FarStart && uint32(addr-Bias) >= MaxRegion {
		addr += 1 << OffsetBits
	}
	if info := v.Info(addr); info != nil {
		f.Region = info.Name
		r, off := v.region(addr)
		f.Off = int64(f.Addr - (addr - off))
		f.Len = len(r.R)
		if write {
			f.Len = len(r.W)
			f.Denied = span(r.R, off, n) != nil
		}
	}
	return f
}
