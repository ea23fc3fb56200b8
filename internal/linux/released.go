package linux

// ReleasedTypes returns the kernel structs that a map may own through a
// pointer tagged "kptr": those that the kernel knows how to release.
func ReleasedTypes(v Version) []string {
	var names []string
	for _, row := range releasedTypes {
		if v.AtLeast(row.since) {
			names = append(names, row.name)
		}
	}
	return names
}

var releasedTypes = []struct {
	name  string
	since Version
}{
	{"prog_test_ref_kfunc", Version{6, 0}},
	{"prog_test_member", Version{6, 0}},
	{"task_struct", Version{6, 2}},
	{"cgroup", Version{6, 2}},
	{"bpf_cpumask", Version{6, 3}},
	{"bpf_crypto_ctx", Version{6, 10}},
	{"sk_buff", Version{6, 16}},
}
