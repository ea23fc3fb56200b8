// Package cfg decodes instructions and builds the control-flow graph of a
// program: functions, blocks, edges, dominators, loops, the call graph, and
// what can be said from the shape of a program alone.
package cfg
