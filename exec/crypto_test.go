package exec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
)

const cryptoFile = "testdata/crypto/crypto.txt"

// cryptoParams is struct bpf_crypto_params.
type cryptoParams struct {
	Type      [14]byte
	Reserved  [2]byte
	Algorithm [128]byte
	Key       [256]byte
	KeyLen    uint32
	TagLen    uint32
}

// cryptoWork is struct work of the object.
type cryptoWork struct {
	Source, Target, Vector, Decrypt, Packet uint32
	Error, Result                           int32
	_                                       uint32
	SourceData, TargetData                  [64]byte
	VectorData                              [32]byte
}

// cryptoSide is the object's programs, here or in the kernel.
type cryptoSide interface {
	run(program, variable string, value any, packet []byte) (ret uint32, work []byte, err error)
}

type cryptoHere struct{ m *exec.Machine }

func (s cryptoHere) run(program, variable string, value any, packet []byte) (uint32, []byte, error) {
	raw, err := binary.Append(nil, binary.LittleEndian, value)
	if err != nil {
		return 0, nil, err
	}
	key := make([]byte, 4)
	if err := s.m.Map(variable).Update(key, raw, 0); err != nil {
		return 0, nil, err
	}
	out, err := s.m.Program(program).Run(exec.Input{Data: packet})
	if err != nil {
		return 0, nil, err
	}
	work, err := s.m.Map(".data.work").Lookup(key)
	return out.Return, work, err
}

type cryptoThere struct{ c *ebpf.Collection }

func (s cryptoThere) run(program, variable string, value any, packet []byte) (uint32, []byte, error) {
	raw, err := binary.Append(nil, binary.LittleEndian, value)
	if err != nil {
		return 0, nil, err
	}
	if err := s.c.Maps[variable].Put(uint32(0), raw); err != nil {
		return 0, nil, err
	}
	ret, err := s.c.Programs[program].Run(&ebpf.RunOptions{Data: packet})
	if err != nil {
		return 0, nil, err
	}
	work, err := s.c.Maps[".data.work"].LookupBytes(uint32(0))
	return ret, work, err
}

// cryptoCases are parameters that make contexts, and that do not.
func cryptoCases() (list []cryptoParams) {
	add := func(typ, algorithm string, keyLen, tagLen uint32, reserved byte) {
		p := cryptoParams{KeyLen: keyLen, TagLen: tagLen, Reserved: [2]byte{0, reserved}}
		copy(p.Type[:], typ)
		copy(p.Algorithm[:], algorithm)
		for i := range p.Key {
			p.Key[i] = byte(7 * i)
		}
		list = append(list, p)
	}
	for _, algorithm := range []string{"ecb(aes)", "cbc(aes)"} {
		for _, n := range []uint32{16, 24, 32, 0, 1, 15, 17, 33, 256, 257} {
			add("skcipher", algorithm, n, 0, 0)
		}
		add("skcipher", algorithm, 16, 16, 0)
		add("skcipher", algorithm, 16, 0, 1)
	}
	for _, algorithm := range []string{"", "aes", "ctr(aes)", "xts(aes)", "gcm(aes)", "sha256", "nothing", "ecb(cipher_null)"} {
		add("skcipher", algorithm, 16, 0, 0)
	}
	for _, typ := range []string{"", "skciphe", "skciphers", "aead", "hash"} {
		add(typ, "ecb(aes)", 16, 0, 0)
	}
	return list
}

// cryptoAnswers has a line for each context and for what it makes of memory.
func cryptoAnswers(t *testing.T, s cryptoSide) string {
	var lines strings.Builder
	packet := make([]byte, 48)
	for i := range packet {
		packet[i] = byte(i)
	}
	for _, p := range cryptoCases() {
		ret, work, err := s.run("create", ".data.params", &p, nil)
		require.NoError(t, err)
		fmt.Fprintf(&lines, "%s %s, key %d, tag %d, reserved %d: %d %d\n", strings.TrimRight(string(p.Type[:]), "\x00"),
			strings.TrimRight(string(p.Algorithm[:]), "\x00"), p.KeyLen, p.TagLen, p.Reserved[1], ret, int32(binary.LittleEndian.Uint32(work[20:])))
		if ret != 0 {
			continue
		}
		for _, n := range []uint32{0, 1, 15, 16, 17, 32, 40, 64} {
			for _, room := range []uint32{0, 16, 64} {
				for _, vector := range []uint32{0, 1, 16, 32} {
					for _, flags := range []uint32{0, 1, 2, 3} {
						w := cryptoWork{Source: n, Target: room, Vector: vector, Decrypt: flags & 1, Packet: flags >> 1}
						for i := range w.SourceData {
							w.SourceData[i], w.TargetData[i] = byte(3*i), byte(5*i)
						}
						for i := range w.VectorData {
							w.VectorData[i] = byte(11 * i)
						}
						ret, work, err := s.run("use", ".data.work", &w, packet)
						require.NoError(t, err)
						fmt.Fprintf(&lines, "  %d to %d, vector %d, %d: %d %d %s\n", n, room, vector, flags, ret,
							int32(binary.LittleEndian.Uint32(work[24:])), digest(string(work[32:])))
					}
				}
			}
		}
	}
	return lines.String()
}

// TestCrypto makes contexts of cryptography and uses them, here and in the kernel.
func TestCrypto(t *testing.T) {
	image, err := os.ReadFile("testdata/crypto/crypto.bpf.o")
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	m := exec.New(exec.Config{})
	require.NoError(t, m.LoadAll(spec, target.New(linux.DefaultTarget(), linux.CapAll, "")))
	got := cryptoAnswers(t, cryptoHere{m})
	if !testing.Short() {
		theirs, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(image))
		require.NoError(t, err)
		if c, err := ebpf.NewCollection(theirs); err != nil {
			t.Logf("no kernel to ask: %v", err)
		} else {
			defer c.Close()
			want := cryptoAnswers(t, cryptoThere{c})
			require.Equal(t, want, got, "the running kernel answers otherwise")
			if *update {
				require.NoError(t, os.WriteFile(cryptoFile, []byte(want), 0o644))
			}
		}
	}
	text, err := os.ReadFile(cryptoFile)
	require.NoError(t, err)
	require.Equal(t, string(text), got, "not what a kernel was seen to answer")
}
