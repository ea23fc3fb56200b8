// Package embedding compares the concrete machine with the abstract one: what
// an accepted program does, step by step, must lie inside the states that the
// abstract machine explored. It has only tests, since nothing else may use both.
package embedding
