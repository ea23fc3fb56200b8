package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
)

// maxFile bounds a file that is searched for objects, in bytes.
const maxFile = 512 << 20

// Object is one eBPF object, or the reason why there is none.
type Object struct {
	Path string // of the file that it was found in; "-" is standard input
	// Name is the path and, where the file holds several things, which one:
	// "tool[1]" is the second object in an executable, "lib.a(x.o)" a member
	// of an archive.
	Name string
	Spec *ebpf.CollectionSpec
	Err  error // names the place; Spec is nil
}

// Options say where input comes from.
type Options struct {
	Stdin io.Reader // what "-" stands for; nil for os.Stdin
	// Clang compiles sources; empty for the newest in PATH. ClangArgs are given
	// to it after the defaults.
	Clang     string
	ClangArgs []string
}

// Find loads the eBPF objects that patterns name, one after the other:
//
//   - a file: an object, an executable or library with objects in it, an
//     archive, any of them compressed by gzip, or a C source (.c), which clang
//     compiles;
//   - a folder, with or without a final "/...": all files below it that hold
//     objects, in lexical order. Hidden folders and sources are passed over;
//   - "-": standard input.
//
// A bad object is yielded with its error and does not stop the others.
func Find(patterns []string, opts Options) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		f := &finder{opts: opts, yield: yield}
		for _, pattern := range patterns {
			if !f.pattern(pattern) {
				return
			}
		}
	}
}

// finder passes on what it finds; its methods return false when the consumer
// wants no more.
type finder struct {
	opts  Options
	yield func(Object) bool
}

func (f *finder) fail(path string, err error) bool {
	if !strings.Contains(err.Error(), path) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return f.yield(Object{Path: path, Name: path, Err: err})
}

func (f *finder) pattern(pattern string) bool {
	if pattern == "-" {
		return f.stdin()
	}
	path, recursive := strings.CutSuffix(pattern, "/...")
	if pattern == "..." {
		path, recursive = ".", true
	}
	if path == "" {
		path = "/"
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return f.fail(path, err)
	case info.IsDir():
		return f.folder(path)
	case recursive:
		return f.fail(path, errors.New("not a folder"))
	case strings.HasSuffix(path, ".c"):
		return f.source(path)
	}
	return f.file(path, true)
}

func (f *finder) stdin() bool {
	in := f.opts.Stdin
	if in == nil {
		in = os.Stdin
	}
	content, err := readBounded(in, maxFile)
	if err != nil {
		return f.fail("-", err)
	}
	return f.content("-", content, true)
}

func (f *finder) folder(root string) bool {
	more := true
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			more = f.fail(path, err)
		case entry.IsDir():
			if path != root && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			more = f.file(path, false)
		}
		if !more {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil && more {
		more = f.fail(root, err)
	}
	return more
}

// file loads what a file holds. One that is not named but found in a folder may
// hold nothing.
func (f *finder) file(path string, named bool) bool {
	in, err := os.Open(path)
	if err != nil {
		return f.fail(path, err)
	}
	defer in.Close()
	if !named && !mayHold(in) {
		return true
	}
	content, err := readFile(in, maxFile)
	if err != nil {
		return f.fail(path, err)
	}
	return f.content(path, content, named)
}

// readFile is readBounded with the memory reserved at once.
func readFile(in *os.File, limit int64) ([]byte, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%d bytes, more than %d", info.Size(), limit)
	}
	content := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = content.ReadFrom(io.LimitReader(in, limit))
	return content.Bytes(), err
}

func (f *finder) content(path string, content []byte, named bool) bool {
	found := false
	for img := range images(content) {
		found = true
		obj := Object{Path: path, Name: path + img.name, Err: img.err}
		if img.err == nil {
			obj.Spec, obj.Err = Parse(img.bytes)
		}
		if obj.Err != nil {
			obj.Err = fmt.Errorf("%s: %w", obj.Name, obj.Err)
		} else {
			guessTypes(obj.Spec, path)
		}
		if !f.yield(obj) {
			return false
		}
	}
	if !found && named {
		return f.fail(path, errors.New("holds no eBPF object"))
	}
	return true
}

// mayHold tells by its first bytes whether a file in a folder is worth reading.
func mayHold(in io.ReaderAt) bool {
	head := make([]byte, len(arMagic))
	n, _ := in.ReadAt(head, 0)
	kind := kindOfFile(head[:n])
	return kind != fileOther
}

// readBounded reads all, but refuses more than limit bytes.
func readBounded(in io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return content, err
}
