// Package scenario runs programs in a world that a file describes: tasks,
// memory, kernel objects, what helpers return, functions that programs are
// attached to, and a sequence of events. The format is documented in
// docs/SCENARIO.md.
//
// A world is deterministic: the same file and the same programs give the same
// report.
package scenario
