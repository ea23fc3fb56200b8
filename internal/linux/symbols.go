package linux

import (
	"bufio"
	"io"
	"strings"
)

// Symbols are the functions that a kernel's list of symbols names.
type Symbols struct{ byName map[string]*Symbol }

// Symbol is what a list says of one name.
type Symbol struct {
	Global, Static int
	// Copies are names that the compiler gave to changed copies, such as f.isra.0.
	Copies []string
}

// ReadSymbols reads a list as /proc/kallsyms and System.map have it: an address,
// a letter and a name per line.
func ReadSymbols(r io.Reader) (*Symbols, error) {
	s := &Symbols{make(map[string]*Symbol)}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 3 || len(words[1]) != 1 || !strings.Contains("tTwW", words[1]) {
			continue
		}
		s.add(words[2], words[1] == "t")
	}
	return s, lines.Err()
}

// copySuffixes follow the name of a function that the compiler changed: arguments
// removed, a part, constants for arguments.
var copySuffixes = []string{".isra.", ".part.", ".constprop."}

func (s *Symbols) add(name string, static bool) {
	base, _, dotted := strings.Cut(name, ".")
	symbol := s.byName[base]
	if symbol == nil {
		symbol = new(Symbol)
		s.byName[base] = symbol
	}
	switch {
	case dotted:
		for _, suffix := range copySuffixes {
			if strings.Contains(name, suffix) {
				symbol.Copies = append(symbol.Copies, name)
				return
			}
		}
	case static:
		symbol.Static++
	default:
		symbol.Global++
	}
}

// Find returns what the list says of a name; the zero Symbol for nothing.
func (s *Symbols) Find(name string) Symbol {
	if symbol := s.byName[name]; symbol != nil {
		return *symbol
	}
	return Symbol{}
}
