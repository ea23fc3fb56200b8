// Package both runs a program of an object here and in the running kernel,
// with the same input, and reads what both left. Tests use it.
package both
