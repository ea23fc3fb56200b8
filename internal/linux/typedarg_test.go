package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTypedArgs(t *testing.T) {
	for _, v := range Targets() {
		k := For(v)
		task := k.IteratorArgs("task")
		require.Len(t, task, 2, v)
		nullable := ArgPlainOrNull
		if v.Has(TypedTrust) {
			nullable = ArgNullable
		}
		require.Equal(t, TypedArg{1, nullable}, task[1], v)
		require.Nil(t, k.IteratorArgs("no_such"), v)
		require.Equal(t, v.Has(TypedTrust), k.TracepointArgs("tcp_send_reset") != nil, v)
	}
	for _, rows := range [][]typedArgs{tracepointArgs, iteratorArgs} {
		for _, r := range rows {
			for _, a := range parseArgs(r.args) {
				require.Less(t, a.Index, uint8(12), r.name)
			}
		}
	}
}

func TestAttachRules(t *testing.T) {
	old, recent := For(V6_18), For(V7_2)
	require.True(t, old.MayModifyReturn("security_file_open"))
	require.False(t, old.MayModifyReturn("vfs_read"))
	require.True(t, old.MaySleepAt("bpf_fentry_test1"))
	require.False(t, old.MaySleepAt("__x64_sys_getpgid"))
	require.True(t, recent.MaySleepAt("__x64_sys_getpgid"))
	require.Contains(t, For(V5_10).NotSleepable(), "Only fentry/fexit/fmod_ret and lsm")

	allowed, anywhere, known := old.MayStore("tcp_congestion_ops", "tcp_sock", "tcp_sock", "snd_cwnd")
	require.Equal(t, []bool{true, false, true}, []bool{allowed, anywhere, known})
	allowed, anywhere, known = old.MayStore("sched_ext_ops", "task_struct", "sched_entity", "slice")
	require.Equal(t, []bool{false, false, true}, []bool{allowed, anywhere, known})
	_, _, known = old.MayStore("tcp_congestion_ops", "rate_sample", "rate_sample", "delivered")
	require.False(t, known)
}
