package load_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/load"
)

func read(tb testing.TB, name string) []byte {
	content, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return content
}

func pack(tb testing.TB, content []byte) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(content)
	require.NoError(tb, err)
	require.NoError(tb, z.Close())
	return packed.Bytes()
}

// executable is something that begins like a program for another machine and
// carries data.
func executable(data ...[]byte) []byte {
	exe := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 93)...)
	exe[16], exe[18] = 2, 62
	for _, d := range data {
		exe = append(exe, "some text\x1f\x8b\x08 and \x7fELF\x02\x01\x01 more"...)
		exe = append(exe, d...)
	}
	return append(exe, "the end"...)
}

func archive(members map[string][]byte, names ...string) []byte {
	ar := []byte("!<arch>\n")
	for _, name := range names {
		content := members[name]
		ar = fmt.Appendf(ar, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o644, len(content))
		ar = append(ar, content...)
		if len(content)%2 == 1 {
			ar = append(ar, '\n')
		}
	}
	return ar
}

// found lists what Find yields: names, and for objects their programs, for
// errors their text.
func found(opts load.Options, patterns ...string) []string {
	var list []string
	for obj := range load.Find(patterns, opts) {
		switch {
		case obj.Err != nil:
			list = append(list, "error: "+obj.Err.Error())
		default:
			list = append(list, fmt.Sprintf("%s: %d", obj.Name, len(obj.Spec.Programs)))
		}
	}
	return list
}

func TestFind(t *testing.T) {
	minimal, legacy := read(t, "minimal-el.o"), read(t, "iproute2-eb.o")
	long := "a_member_with_a_long_name.o/\n"
	files := map[string][]byte{
		"a.o":           minimal,
		"b/tool":        executable(minimal, pack(t, legacy), minimal),
		"b/plain":       executable(),
		"b/README":      []byte("no object"),
		"c/lib.a":       archive(map[string][]byte{"x.o/": minimal, "//": []byte(long), "/0": legacy, "t/": []byte("text")}, "x.o/", "//", "/0", "t/"),
		"c/packed.o.gz": pack(t, minimal),
		"d/broken.o":    minimal[:len(minimal)-10],
		".hidden/x.o":   minimal,
	}
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	t.Chdir(dir)

	all := []string{
		"a.o: 1",
		"b/tool[0]: 1", "b/tool[1]: 4", "b/tool[2]: 1",
		"c/lib.a(x.o): 1", "c/lib.a(a_member_with_a_long_name.o): 4",
		"c/packed.o.gz: 1",
	}
	got := found(load.Options{}, "./...")
	require.Len(t, got, len(all)+1)
	require.Equal(t, all, got[:len(all)])
	require.Contains(t, got[len(all)], "error: d/broken.o: section headers at ")
	require.Equal(t, got, found(load.Options{}, "."))
	require.Equal(t, got, found(load.Options{}, "..."))

	require.Equal(t, []string{"a.o: 1", "error: stat gone.o: no such file or directory", "a.o: 1"}, found(load.Options{}, "a.o", "gone.o", "a.o"))
	require.Equal(t, []string{"error: b/README: holds no eBPF object"}, found(load.Options{}, "b/README"))
	require.Equal(t, []string{"error: b/plain: holds no eBPF object"}, found(load.Options{}, "b/plain"))
	require.Equal(t, []string{"error: a.o: not a folder"}, found(load.Options{}, "a.o/..."))
	require.Equal(t, []string{"-: 1"}, found(load.Options{Stdin: bytes.NewReader(minimal)}, "-"))
	require.Equal(t, []string{"error: -: holds no eBPF object"}, found(load.Options{Stdin: strings.NewReader("")}, "-"))

	for obj := range load.Find([]string{"./..."}, load.Options{}) {
		require.Equal(t, "a.o", obj.Name)
		break // the rest is not looked at
	}
}

func TestArchiveBroken(t *testing.T) {
	ar := archive(map[string][]byte{"x.o/": []byte("abcd")}, "x.o/")
	copy(ar[8+48:], "999999")
	require.Equal(t, []string{`error: -: archive member at 0x8: bad size "999999    "`}, found(load.Options{Stdin: bytes.NewReader(ar)}, "-"))

	nested := []byte("x")
	for range 6 {
		nested = pack(t, nested)
	}
	require.Equal(t, []string{"error: -: nested too deeply"}, found(load.Options{Stdin: bytes.NewReader(nested)}, "-"))
	cut := pack(t, read(t, "minimal-el.o"))
	require.Equal(t, []string{"error: -: gzip: unexpected EOF"}, found(load.Options{Stdin: bytes.NewReader(cut[:len(cut)/2])}, "-"))
}

func TestSource(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.bpf.c")
	require.NoError(t, os.WriteFile(path, []byte("int broken(\n"), 0o600))
	got := found(load.Options{Clang: "no-such-compiler"}, path)
	require.Len(t, got, 1)
	require.Contains(t, got[0], path)
	require.Contains(t, got[0], "no-such-compiler")

	t.Setenv("PATH", t.TempDir())
	got = found(load.Options{}, path)
	require.Equal(t, []string{"error: " + path + ": a C source needs clang, which is not installed: install it, or name the compiled object"}, got)
}

func TestSourceCompiles(t *testing.T) {
	if _, err := exec.LookPath("clang-19"); err != nil {
		t.Skip("clang-19 is not installed")
	}
	require.Equal(t, []string{"testdata/minimal.c: 1"}, found(load.Options{Clang: "clang-19"}, "testdata/minimal.c"))
	path := filepath.Join(t.TempDir(), "x.bpf.c")
	require.NoError(t, os.WriteFile(path, []byte("int broken(\n"), 0o600))
	got := found(load.Options{Clang: "clang-19"}, path)
	require.Contains(t, got[0], "expected")
	require.Contains(t, got[0], path+":1")
}
