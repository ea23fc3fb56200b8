package absint

// stackRead and stackWritten note which slots of a frame the present
// instruction reads or overwrites whole.
func (m *machine) stackRead(frame uint8, n int) {}

func (m *machine) stackWritten(frame uint8, n int) {}

// deadSlots returns the slots of frame i of s that nothing reads any more.
func (m *machine) deadSlots(s *state, i int32) uint64 { return 0 }
