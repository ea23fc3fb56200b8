package kfunc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Offsets in struct bpf_crypto_params.
const (
	cryptoReserved  = 14
	cryptoAlgorithm = 16
	cryptoKey       = 144
	cryptoKeyLen    = 400
	cryptoTagLen    = 404
	cryptoLen       = 408
)

// A context of cryptography is an object of the heap: the algorithm, the length of
// the key, and the key. Programs do not look into it.
const (
	contextKey = 2
	contextLen = 64
)

// Algorithms of contexts. All are AES.
const (
	ecb = 1 + iota
	cbc
	unfit // it exists, but is of a kind that no context can have
)

// algorithms are those of the type "skcipher".
var algorithms = map[string]byte{
	"ecb(aes)": ecb, "cbc(aes)": cbc, "ctr(aes)": unfit, "xts(aes)": unfit, "ecb(cipher_null)": unfit,
}

// cryptoCreate makes a context; why it cannot goes to R3.
func cryptoCreate(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	params, err := helper.Bytes(c, 1, n)
	if err != nil {
		return 0, err
	}
	out, err := helper.Buffer(c, 3, 4)
	if err != nil {
		return 0, err
	}
	if e := checkCrypto(params); e != errno.OK {
		mem.Put(out, e.Ret())
		return 0, nil
	}
	o := helper.EnvOf(c).Heap.New(contextLen, nil, false)
	if o == nil {
		mem.Put(out, errno.ENOMEM.Ret())
		return 0, nil
	}
	raw, err := c.Mem.Write(o.Addr, contextLen)
	if err != nil {
		return 0, err
	}
	keyLen := mem.Get(params[cryptoKeyLen:][:4])
	raw[0], raw[1] = algorithms[zeroEnded(params[cryptoAlgorithm:cryptoKey])], byte(keyLen)
	copy(raw[contextKey:], params[cryptoKey:][:keyLen])
	mem.Put(out, 0)
	return o.Addr, nil
}

func zeroEnded(b []byte) string {
	name, _, _ := bytes.Cut(b, []byte{0})
	return string(name)
}

func checkCrypto(params []byte) errno.Errno {
	if len(params) != cryptoLen {
		return errno.EINVAL
	}
	algorithm := algorithms[zeroEnded(params[cryptoAlgorithm:cryptoKey])]
	switch {
	case params[cryptoReserved] != 0 || params[cryptoReserved+1] != 0:
		return errno.EINVAL
	case zeroEnded(params[:cryptoReserved]) != "skcipher":
		return errno.ENOENT
	case algorithm == 0, mem.Get(params[cryptoTagLen:][:4]) != 0:
		return errno.EOPNOTSUPP
	case algorithm == unfit:
		return errno.EINVAL
	}
	if _, err := aes.NewCipher(params[cryptoKey:][:min(mem.Get(params[cryptoKeyLen:][:4]), cryptoKeyLen-cryptoKey)]); err != nil {
		return errno.EINVAL
	}
	return errno.OK
}

func cryptoEncrypt(c *vm.CPU) (uint64, error) { return crypt(c, false) }
func cryptoDecrypt(c *vm.CPU) (uint64, error) { return crypt(c, true) }

// crypt turns the memory of the dynamic pointer R2 into that of R3, with the
// vector of R4, which is then that for what follows.
func crypt(c *vm.CPU, decrypt bool) (uint64, error) {
	raw, err := c.Mem.Read(c.R[1], contextLen)
	if err != nil {
		return 0, err
	}
	src, err := dynptrBytes(c, c.R[2], false)
	if err != nil {
		return 0, err
	}
	dst, err := dynptrBytes(c, c.R[3], true)
	if err != nil {
		return 0, err
	}
	var vector []byte
	if c.R[4] != 0 {
		if vector, err = dynptrBytes(c, c.R[4], true); err != nil {
			return 0, err
		}
	}
	want := 0
	if raw[0] == cbc {
		want = aes.BlockSize
	}
	if len(src) == 0 || len(dst) == 0 || len(src) > len(dst) || len(vector) != want {
		return ret(errno.EINVAL)
	}
	block, err := aes.NewCipher(raw[contextKey:][:raw[1]])
	if err != nil {
		return 0, err
	}
	whole := len(src) &^ (aes.BlockSize - 1)
	transform(block, raw[0], dst[:whole], bytes.Clone(src[:whole]), vector, decrypt)
	if whole < len(src) {
		return ret(errno.EINVAL)
	}
	return 0, nil
}

// transform works on whole blocks.
func transform(block cipher.Block, algorithm byte, dst, src, vector []byte, decrypt bool) {
	switch {
	case len(src) == 0:
	case algorithm == ecb:
		one := block.Encrypt
		if decrypt {
			one = block.Decrypt
		}
		for at := 0; at < len(src); at += aes.BlockSize {
			one(dst[at:], src[at:])
		}
	case decrypt:
		cipher.NewCBCDecrypter(block, vector).CryptBlocks(dst, src)
		copy(vector, src[len(src)-aes.BlockSize:])
	default:
		cipher.NewCBCEncrypter(block, vector).CryptBlocks(dst, src)
		copy(vector, dst[len(src)-aes.BlockSize:])
	}
}

// dynptrBytes returns the memory of a dynamic pointer; none of a null one, and of
// one that may not be written to.
func dynptrBytes(c *vm.CPU, at uint64, write bool) ([]byte, error) {
	d, err := helper.LoadDynptr(c, at)
	if err != nil || d.Null() || d.Size == 0 || write && d.ReadOnly {
		return nil, err
	}
	addr := d.Addr(c, 0, uint64(d.Size))
	if addr == 0 {
		return nil, nil
	}
	if write {
		return c.Mem.Write(addr, int(d.Size))
	}
	return c.Mem.Read(addr, int(d.Size))
}
