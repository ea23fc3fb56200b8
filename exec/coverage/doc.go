// Package coverage says which lines and branches of the C source ran, from the
// counts of package profile: as an LCOV tracefile, or as a listing of the
// source.
//
// A line counts as often as its instruction that ran most, within one function;
// functions and programs that share a line add up.
package coverage
