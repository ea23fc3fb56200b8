package linux

//go:generate go run ./gen
