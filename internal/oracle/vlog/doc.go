// Package vlog reads the log that Linux's verifier writes, from 5.10 to 7.2.
//
// Summarize takes from a log what a verdict needs: the messages, the last
// instruction and the statistics. A Scanner goes through a log of level 2 event
// by event and parses the states of registers and stack slots that stand in it.
//
// The formats differ between kernels: to 5.15 a scalar is called "inv", attributes
// that are zero are printed, and the whole state stands before an instruction;
// later kernels print after an instruction what it changed. Both are read into
// the same types.
package vlog
