// Package shown finds commands in documents with the output that is said to be
// theirs, so that tests can hold one against the other.
package shown

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Block is a command as it stands in a document.
type Block struct {
	Args   []string // without the command's name
	Output string
}

// Blocks returns the commands of a name in a document:
//
//	    $ COMMAND ARGUMENTS
//
//	```
//	OUTPUT
//	```
//
// It is an error when there are none.
func Blocks(document, command string) ([]Block, error) {
	text, err := os.ReadFile(document)
	if err != nil {
		return nil, err
	}
	pattern := regexp.MustCompile("(?m)^    \\$ " + regexp.QuoteMeta(command) + " (.*)\n\n```\n((?:.*\n)*?)```\n")
	var blocks []Block
	for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, Block{strings.Fields(m[1]), m[2]})
	}
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%s shows no command %s with its output", document, command)
	}
	return blocks, nil
}
