package analysis

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ConfigName is the file that [FindConfig] looks for.
const ConfigName = ".bpflint.yaml"

// File is what a configuration file says. Flags on the command line win over
// it.
type File struct {
	Path    string
	Kernels []string
	Caps    string
	Selection
	Suppress []Suppression
}

// fileForm is the shape of the YAML document.
type fileForm struct {
	Kernel   words             `yaml:"kernel"`
	Caps     words             `yaml:"caps"`
	Enable   words             `yaml:"enable"`
	Disable  words             `yaml:"disable"`
	Suppress []suppressionForm `yaml:"suppress"`
}

type suppressionForm struct {
	ID      string `yaml:"id"`
	Path    string `yaml:"path"`
	Program string `yaml:"program"`
	Reason  string `yaml:"reason"`
}

// words is one word, several separated by commas, or a list of them.
type words []string

// UnmarshalYAML implements [yaml.Unmarshaler]. It reads the text of a scalar,
// so that 6.10 stays 6.10.
func (w *words) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*w = SplitList(n.Value)
		return nil
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: want a word", item.Line)
			}
			*w = append(*w, SplitList(item.Value)...)
		}
		return nil
	default:
		return fmt.Errorf("line %d: want a word or a list of words", n.Line)
	}
}

// SplitList splits words separated by commas and drops empty ones.
func SplitList(s string) []string {
	var out []string
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// ReadConfig reads a configuration file. Unknown keys are errors.
func ReadConfig(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var form fileForm
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&form); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{
		Path: path, Kernels: form.Kernel, Caps: strings.Join(form.Caps, ","),
		Selection: Selection{Enable: form.Enable, Disable: form.Disable},
	}
	for i, s := range form.Suppress {
		if s.ID == "" || s.Reason == "" {
			return nil, fmt.Errorf("%s: entry %d of suppress: want an id and a reason", path, i+1)
		}
		if err := checkPatterns(s.ID, s.Path, s.Program); err != nil {
			return nil, fmt.Errorf("%s: entry %d of suppress: %w", path, i+1, err)
		}
		f.Suppress = append(f.Suppress, Suppression(s))
	}
	return f, nil
}

func checkPatterns(patterns ...string) error {
	for _, p := range patterns {
		if _, err := filepath.Match(p, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", p, err)
		}
	}
	return nil
}

// FindConfig returns the configuration file of a folder or of the nearest
// folder above it, "" when there is none.
func FindConfig(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, ConfigName)
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}
