package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// callers lists the map types that only some helpers take. From Linux's
// documentation and behaviour; checkMapCalls compares it with what the kernels
// said.
var callers = []struct {
	types   []int
	kernels uint8
	helpers []string
}{
	{[]int{3}, inAll, []string{"tail_call"}},
	{[]int{4}, inAll, []string{"perf_event_read", "perf_event_output", "perf_event_read_value", "skb_output", "xdp_output"}},
	{[]int{7}, inAll, []string{"get_stackid"}},
	{[]int{8}, inAll, []string{"skb_under_cgroup", "current_task_under_cgroup"}},
	{[]int{12, 13}, inAll, []string{"map_lookup_elem"}},
	{[]int{14, 17, 25}, inAll, []string{"redirect_map", "map_lookup_elem"}},
	{[]int{15}, inAll, []string{"sk_redirect_map", "sock_map_update", "msg_redirect_map", "sk_select_reuseport", "map_lookup_elem", "map_update_elem", "map_delete_elem"}},
	{[]int{16}, inAll, []string{"redirect_map"}},
	{[]int{18}, inAll, []string{"sk_redirect_hash", "sock_hash_update", "msg_redirect_hash", "sk_select_reuseport", "map_lookup_elem", "map_update_elem", "map_delete_elem"}},
	{[]int{19, 21}, inAll, []string{"get_local_storage"}},
	{[]int{20}, inAll, []string{"sk_select_reuseport"}},
	{[]int{22, 23}, inAll, []string{"map_peek_elem", "map_pop_elem", "map_push_elem"}},
	{[]int{24}, inAll, []string{"sk_storage_get", "sk_storage_delete"}},
	{[]int{27}, inAll, []string{"ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr", "ringbuf_submit_dynptr", "ringbuf_discard_dynptr"}},
	{[]int{28}, inAll, []string{"inode_storage_get", "inode_storage_delete"}},
	{[]int{29}, inAll, []string{"task_storage_get", "task_storage_delete"}},
	{[]int{30}, inAll, []string{"map_peek_elem", "map_push_elem"}},
	{[]int{31}, inAll, []string{"user_ringbuf_drain"}},
	{[]int{32}, inAll, []string{"cgrp_storage_get", "cgrp_storage_delete"}},
	{[]int{34}, inAll, nil},
	{[]int{24, 28, 29, 32}, from6_12, []string{"kptr_xchg"}},
}

// takes lists the helpers that take only some map types.
var takes = []struct {
	helpers []string
	types   []int
}{
	{[]string{"tail_call"}, []int{3}},
	{[]string{"perf_event_read", "perf_event_output", "perf_event_read_value", "skb_output", "xdp_output"}, []int{4}},
	{[]string{"ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr", "ringbuf_submit_dynptr", "ringbuf_discard_dynptr"}, []int{27}},
	{[]string{"user_ringbuf_drain"}, []int{31}},
	{[]string{"get_stackid"}, []int{7}},
	{[]string{"skb_under_cgroup", "current_task_under_cgroup"}, []int{8}},
	{[]string{"redirect_map"}, []int{14, 16, 17, 25}},
	{[]string{"sk_redirect_map", "msg_redirect_map", "sock_map_update"}, []int{15}},
	{[]string{"sk_redirect_hash", "msg_redirect_hash", "sock_hash_update"}, []int{18}},
	{[]string{"get_local_storage"}, []int{19, 21}},
	{[]string{"sk_select_reuseport"}, []int{15, 18, 20}},
	{[]string{"map_pop_elem"}, []int{22, 23}},
	{[]string{"map_peek_elem", "map_push_elem"}, []int{22, 23, 30}},
	{[]string{"map_lookup_percpu_elem"}, []int{5, 6, 10}},
	{[]string{"sk_storage_get", "sk_storage_delete"}, []int{24}},
	{[]string{"inode_storage_get", "inode_storage_delete"}, []int{28}},
	{[]string{"task_storage_get", "task_storage_delete"}, []int{29}},
	{[]string{"cgrp_storage_get", "cgrp_storage_delete"}, []int{32}},
}

// typesFor gives the map types that a helper takes in a kernel, a bit each.
func typesFor(helper string, k int) uint64 {
	mask := ^uint64(0)
	for _, t := range takes {
		if slices.Contains(t.helpers, helper) {
			mask = bitsOf(t.types)
		}
	}
	var exclusive, mine uint64
	for _, c := range callers {
		exclusive |= bitsOf(c.types)
		if c.kernels>>k&1 != 0 && slices.Contains(c.helpers, helper) {
			mine |= bitsOf(c.types)
		}
	}
	return mask & (mine | ^exclusive)
}

func bitsOf(nums []int) uint64 {
	var m uint64
	for _, n := range nums {
		m |= 1 << n
	}
	return m
}

// mapRow is what a kernel said of one map type.
type mapRow struct {
	said map[string]string
}

func mapTypes() error {
	texts := map[string]uint8{}
	var order []string
	calls := map[string]uint8{}
	var callOrder []string
	for k, kernel := range kernels {
		for _, helper := range mapHelpers() {
			row := fmt.Sprintf("%d, %#x", helperID[helper], typesFor(helper, k))
			if calls[row] == 0 {
				callOrder = append(callOrder, row)
			}
			calls[row] |= 1 << k
		}
		table, err := rows(kernel, "maps.tsv")
		if errors.Is(err, fs.ErrNotExist) {
			continue // not measured yet
		}
		if err != nil {
			return err
		}
		types := map[int]*mapRow{}
		for _, r := range table {
			if r[0] == "-" {
				continue
			}
			id, _ := strconv.Atoi(r[0])
			if types[id] == nil {
				types[id] = &mapRow{said: map[string]string{}}
			}
			types[id].said[r[1]] = r[2]
		}
		if err := checkMapCalls(table, k); err != nil {
			return fmt.Errorf("%s: %w", kernel, err)
		}
		for id := range 64 {
			if types[id] == nil || types[id].said["create"] != "ok" {
				continue
			}
			text := fmt.Sprintf("ID: %d%s", id, types[id].text())
			if texts[text] == 0 {
				order = append(order, text)
			}
			texts[text] |= 1 << k
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return leading(a) - leading(b) })
	var b bytes.Buffer
	fmt.Fprintf(&b, "// plainMapTypes are those that helpers take which do not ask for a type.\nconst plainMapTypes uint64 = %#x\n\n", typesFor("", 0))
	b.WriteString("var mapCalls = []mapCall{\n")
	for _, c := range callOrder {
		fmt.Fprintf(&b, "{%s, %s},\n", kernelSet(calls[c]), c)
	}
	b.WriteString("}\n\nvar mapRows = []MapType{\n")
	for _, t := range order {
		fmt.Fprintf(&b, "{Kernels: %s, %s},\n", kernelSet(texts[t]), t)
	}
	b.WriteString("}\n")
	return write("maps_gen.go", &b)
}

func leading(s string) int {
	var n int
	fmt.Sscanf(s, "ID: %d", &n)
	return n
}

// helperID is filled by helpers, without "bpf_".
var helperID = map[string]int{}

// mapHelpers lists the helpers of the two tables, by ID.
func mapHelpers() []string {
	var out []string
	for _, t := range takes {
		out = append(out, t.helpers...)
	}
	for _, c := range callers {
		out = append(out, c.helpers...)
	}
	slices.SortFunc(out, func(a, b string) int { return helperID[a] - helperID[b] })
	return slices.Compact(out)
}

var fieldWords = []struct{ field, word string }{
	{"bpf_spin_lock", "SpinLock"}, {"bpf_timer", "Timer"}, {"bpf_wq", "Workqueue"}, {"bpf_task_work", "TaskWork"},
	{"bpf_res_spin_lock", "ResSpinLock"}, {"bpf_refcount", "Refcount"},
}

func (m *mapRow) text() string {
	var b strings.Builder
	for _, c := range []struct{ field, question string }{{"Key", "keys"}, {"Value", "values"}, {"Entries", "entries"}} {
		nums := numbers(m.said[c.question])
		if len(nums) == 0 {
			continue
		}
		last := fmt.Sprint(nums[len(nums)-1])
		if limit := map[string]int{"keys": 1024, "values": 1016, "entries": 8192}[c.question]; nums[len(nums)-1] >= limit {
			last = "Unlimited"
		}
		fmt.Fprintf(&b, ", %s: SizeRange{%d, %s}", c.field, nums[0], last)
	}
	may, without, _ := strings.Cut(m.said["flags"], " without ")
	fmt.Fprintf(&b, ", Flags: %#x", bitsOf(numbers(may)))
	if needs := bitsOf(numbers("0-19")) &^ bitsOf(numbers(without)); needs != 0 {
		fmt.Fprintf(&b, ", NeedsFlags: %#x", needs)
	}
	if len(numbers(m.said["values"])) == 0 {
		b.WriteString(", NeedsBTF: true")
	}
	for _, c := range []struct {
		word string
		is   bool
	}{
		{"Inner", m.said["inner of 12"] == "ok"},
		{"Direct", strings.HasPrefix(m.said["direct"], "ok") || strings.Contains(m.said["direct"], "value_size")},
		{"Sleepable", !strings.Contains(m.said["in 31 true"], "Sleepable programs") && !strings.Contains(m.said["in 2 true"], "Sleepable programs")},
	} {
		if c.is {
			b.WriteString(", " + c.word + ": true")
		}
	}
	var fields []string
	for _, f := range fieldWords {
		if m.said["field "+f.field] == "ok" {
			fields = append(fields, f.word)
		}
	}
	if len(fields) > 0 {
		b.WriteString(", Fields: " + strings.Join(fields, "|"))
	}
	return b.String()
}

// numbers reads "0-3 7".
func numbers(s string) []int {
	var out []int
	for _, word := range strings.Fields(s) {
		var from, to int
		if n, _ := fmt.Sscanf(word, "%d-%d", &from, &to); n == 1 {
			to = from
		}
		for ; from <= to; from++ {
			out = append(out, from)
		}
	}
	return out
}

// checkMapCalls compares what a kernel said to calls of helpers with the
// tables. Types for which it complained about something else tell nothing.
func checkMapCalls(table [][]string, k int) error {
	name := map[int]string{}
	for n, id := range helperID {
		name[id] = n
	}
	var created, unclear uint64
	for _, r := range table {
		if r[1] == "create" && r[2] == "ok" {
			id, _ := strconv.Atoi(r[0])
			created |= 1 << id
		}
	}
	for i, r := range table {
		var helper, typ int
		if n, _ := fmt.Sscanf(r[1], "call %d from %d", &helper, &typ); r[0] != "-" || n != 2 || strings.HasSuffix(r[1], "says") || helper == 12 {
			continue
		}
		unclear = 1<<15 | 1<<18 // socket maps ask about the program, too
		for _, s := range table[i+1:] {
			if s[1] == r[1]+" says" {
				unclear |= bitsOf(numbers(s[2]))
			}
		}
		said, ours := bitsOf(numbers(r[2])), typesFor(name[helper], k)
		if wrong := (said ^ ours) & created &^ unclear; wrong != 0 {
			return fmt.Errorf("%s: the table and the kernel differ about map types %#x", name[helper], wrong)
		}
	}
	return nil
}
