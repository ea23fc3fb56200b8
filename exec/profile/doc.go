// Package profile records what programs do while they run on the machine of
// package exec, and writes it as a profile for pprof.
//
// Counts are exact: the machine adds 1 to a counter at the start of each basic
// block, for each chain of calls that leads there. Time is sampled: a clock
// advances every fifth of a millisecond, and the first counter after that
// charges the time to the block, or to the helper, that ran meanwhile. The time
// of a block is shared out evenly among its instructions. A block in which the
// program is stopped by an error counts whole.
package profile
