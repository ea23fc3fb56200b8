package cfg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// ErrNoGraphviz says that graphviz is not installed.
var ErrNoGraphviz = errors.New("graphviz is not installed: the command dot is not in PATH")

// WriteSVG draws the graph with graphviz.
func WriteSVG(ctx context.Context, w io.Writer, g *Graph, o DOTOptions) error {
	path, err := exec.LookPath("dot")
	if err != nil {
		return ErrNoGraphviz
	}
	var in, stderr bytes.Buffer
	if err := WriteDOT(&in, g, o); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, "-Tsvg")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, w, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("dot: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return nil
}
