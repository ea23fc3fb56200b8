package exec_test

import (
	"encoding/binary"
	"flag"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/prog"
)

var hammer = flag.Duration("hammer", 200*time.Millisecond, "how long CPUs use maps at the same time")

const hammerKeys = 64 // of the hash map, shared by all CPUs

// hammerProgram reads a CPU's number and a sequence number from its context. It
// counts in a value of the hash map that all CPUs share, puts the pair into the
// LRU map, and outputs it to the ring buffer. It returns whether that failed.
func hammerProgram() *ebpf.CollectionSpec {
	lookup := func(m string) asm.Instructions {
		return asm.Instructions{
			asm.LoadMapPtr(asm.R1, 0).WithReference(m),
			asm.Mov.Reg(asm.R2, asm.R10),
			asm.Add.Imm(asm.R2, -8),
		}
	}
	list := asm.Instructions{
		asm.LoadMem(asm.R6, asm.R1, 0, asm.DWord), // CPU
		asm.LoadMem(asm.R7, asm.R1, 8, asm.DWord), // sequence
		asm.Mov.Reg(asm.R3, asm.R7),
		asm.And.Imm(asm.R3, hammerKeys-1),
		asm.StoreMem(asm.R10, -8, asm.R3, asm.DWord),
		asm.Mov.Imm(asm.R3, 0),
		asm.StoreMem(asm.R10, -24, asm.R3, asm.DWord),
	}
	list = append(list, lookup("hash")...)
	list = append(list,
		asm.Mov.Reg(asm.R3, asm.R10),
		asm.Add.Imm(asm.R3, -24),
		asm.Mov.Imm(asm.R4, 1), // BPF_NOEXIST
		asm.FnMapUpdateElem.Call())
	list = append(list, lookup("hash")...)
	list = append(list,
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "lost"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		asm.StoreMem(asm.R10, -8, asm.R7, asm.DWord),
		asm.StoreMem(asm.R10, -24, asm.R6, asm.DWord),
		asm.StoreMem(asm.R10, -16, asm.R7, asm.DWord))
	list = append(list, lookup("lru")...)
	list = append(list,
		asm.Mov.Reg(asm.R3, asm.R10),
		asm.Add.Imm(asm.R3, -16),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnMapUpdateElem.Call(),
		asm.LoadMapPtr(asm.R1, 0).WithReference("ring"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -24),
		asm.Mov.Imm(asm.R3, 16),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRingbufOutput.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Imm(asm.R0, 1),
		asm.Return().WithSymbol("out"),
		asm.Mov.Imm(asm.R0, 2).WithSymbol("lost"),
		asm.Return())
	return &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"hash": {Name: "hash", Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: hammerKeys},
			"lru":  {Name: "lru", Type: ebpf.LRUHash, KeySize: 8, ValueSize: 8, MaxEntries: 256},
			"ring": {Name: "ring", Type: ebpf.RingBuf, MaxEntries: 1 << 14},
		},
		Programs: map[string]*ebpf.ProgramSpec{
			"hammer": {Name: "hammer", Type: ebpf.Syscall, License: "GPL", Instructions: list},
		},
	}
}

// TestHammer lets four CPUs use one hash map, one LRU map and one ring buffer:
// nothing may be lost or come twice, and what one CPU outputs comes in its order.
func TestHammer(t *testing.T) {
	const cpus = 4
	machine := exec.New(exec.Config{CPUs: cpus})
	program, err := machine.LoadSpec(hammerProgram(), "hammer", &prog.Target{})
	require.NoError(t, err)
	var stop atomic.Bool
	var runs, dropped [cpus]uint64
	var wg sync.WaitGroup
	for cpu := range cpus {
		wg.Go(func() {
			ctx := make([]byte, 16)
			binary.LittleEndian.PutUint64(ctx, uint64(cpu))
			in, out := exec.Input{CPU: cpu, Ctx: ctx}, exec.Output{}
			for !stop.Load() {
				binary.LittleEndian.PutUint64(ctx[8:], runs[cpu])
				if err := program.RunInto(&in, &out); err != nil || out.Return > 1 {
					t.Errorf("CPU %d: returns %d, %v", cpu, out.Return, err)
					return
				}
				dropped[cpu] += uint64(out.Return)
				runs[cpu]++
			}
		})
	}
	ring := machine.Map("ring").Raw().(*maps.Ring)
	var read, next [cpus]uint64
	consume := func() {
		ring.Read(func(b []byte) {
			cpu, seq := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
			if cpu >= cpus || seq < next[cpu] {
				t.Errorf("record %d of CPU %d comes after %d", seq, cpu, next[cpu])
				return
			}
			next[cpu] = seq + 1
			read[cpu]++
		})
	}
	for begin := time.Now(); time.Since(begin) < *hammer; {
		consume()
	}
	stop.Store(true)
	wg.Wait()
	consume()
	total := uint64(0)
	for cpu := range cpus {
		require.Equal(t, runs[cpu], read[cpu]+dropped[cpu], "CPU %d", cpu)
		total += runs[cpu]
	}
	counted, lru := uint64(0), machine.Map("lru")
	each(t, machine.Map("hash"), func(_, v []byte) { counted += binary.LittleEndian.Uint64(v) })
	require.Equal(t, total, counted)
	entries := 0
	each(t, lru, func(k, v []byte) { entries++; require.Equal(t, k, v) })
	require.LessOrEqual(t, entries, 256)
	t.Logf("%d runs, %d records read, %d found the ring buffer full", total, read[0]+read[1]+read[2]+read[3], dropped[0]+dropped[1]+dropped[2]+dropped[3])
}

// each visits the elements of a map.
func each(t *testing.T, m *exec.Map, visit func(key, value []byte)) {
	for key, err := m.Next(nil); err == nil; key, err = m.Next(key) {
		value, err := m.Lookup(key)
		require.NoError(t, err)
		visit(key, value)
	}
}
