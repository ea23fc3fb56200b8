// Command bpflint-vet judges the eBPF objects that Go packages embed:
//
//	bpflint-vet ./...
//	go vet -vettool=$(which bpflint-vet) ./...
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/bpflint/bpflint/analysis/goanalysis"
)

func main() { multichecker.Main(goanalysis.New()) }
