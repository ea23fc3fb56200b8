package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// proto is one prototype of one helper under one variant.
type proto struct {
	id      int
	variant string
	text    string // the rest of the row as Go
	symbol  string // where it was first seen
	kernels uint8
}

// variants names the prototypes that differ from their helper's common one.
var variants = map[string]string{
	"bpf_get_cgroup_classid_curr_proto":   "Current",
	"bpf_get_stack_proto_raw_tp":          "RawTP",
	"bpf_get_stackid_proto_pe":            "PerfEvent",
	"bpf_sock_addr_sk_lookup_tcp_proto":   "SockAddr",
	"bpf_sock_addr_sk_lookup_udp_proto":   "SockAddr",
	"bpf_sock_addr_skc_lookup_tcp_proto":  "SockAddr",
	"bpf_sk_lookup_assign_proto":          "SkLookup",
	"bpf_sk_storage_get_cg_sock_proto":    "CgroupSock",
	"bpf_sk_storage_get_tracing_proto":    "TypedSock",
	"bpf_sk_storage_delete_tracing_proto": "TypedSock",
	"bpf_get_socket_ptr_cookie_proto":     "TypedSock",
	"bpf_sk_setsockopt_proto":             "SockArg",
	"bpf_sk_setsockopt_nodelay_proto":     "SockArg",
	"bpf_sk_getsockopt_proto":             "SockArg",
	"bpf_unlocked_sk_setsockopt_proto":    "SockArg",
	"bpf_unlocked_sk_getsockopt_proto":    "SockArg",
	"bpf_xdp_get_buff_len_trace_proto":    "XDPBuff",
	"bpf_get_func_ip_proto_uprobe_multi":  "MultiLink",
	"bpf_get_func_ip_proto_kprobe_multi":  "MultiLink",
	"bpf_get_raw_smp_processor_id_proto":  "RawCPU",
	"bpf_get_stack_sleepable_proto":       "Sleepable",
	"bpf_get_task_stack_sleepable_proto":  "Sleepable",
}

func helpers() error {
	names := map[int]string{}
	last := make([]int, len(kernels))
	all := map[string]*proto{} // by ID, variant and text
	for k, kernel := range kernels {
		table, err := rows(kernel, "protos.tsv")
		if err != nil {
			return err
		}
		for _, r := range table {
			id, err := strconv.Atoi(r[0])
			if err != nil {
				return err
			}
			last[k] = max(last[k], id)
		}
		unbuilt, err := rows("unbuilt.tsv")
		if err != nil {
			return err
		}
		seen := map[string]*proto{} // by ID and variant, of this kernel
		for _, r := range append(table, unbuilt...) {
			p, err := parseProto(r, k)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", kernel, r[2], err)
			}
			names[p.id] = "bpf_" + r[1]
			helperID[r[1]] = p.id
			key := fmt.Sprintf("%d %s", p.id, p.variant)
			if old := seen[key]; old != nil && old.text != p.text {
				return fmt.Errorf("%s: %s and %s differ:\n%s\n%s", kernel, old.symbol, p.symbol, old.text, p.text)
			}
			seen[key] = p
		}
		for _, p := range seen {
			if c := seen[fmt.Sprintf("%d Common", p.id)]; p.variant != "Common" && c != nil && c.text == p.text {
				continue // no difference in this kernel
			}
			variantKernels[fmt.Sprintf("{%d, %s}", p.id, p.variant)] |= p.kernels
			key := fmt.Sprintf("%d %s %s", p.id, p.variant, p.text)
			if all[key] == nil {
				all[key] = p
			}
			all[key].kernels |= p.kernels
		}
	}
	return writeHelpers(slices.Collect(maps.Values(all)), names, last)
}

// suffix spells the variant in a row, "" for the common one.
func (p *proto) suffix() string {
	if p.variant == "Common" {
		return ""
	}
	return ", Variant: " + p.variant
}

func writeHelpers(protos []*proto, names map[int]string, last []int) error {
	slices.SortFunc(protos, func(a, b *proto) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.suffix(), b.suffix()), cmp.Compare(a.kernels, b.kernels))
	})
	var b bytes.Buffer
	n := slices.Max(last) + 1
	fmt.Fprintf(&b, "// NumHelpers is one more than the greatest ID of a helper in any measured kernel.\nconst NumHelpers = %d\n\n", n)
	fmt.Fprintf(&b, "var lastHelpers = [numKernels]uint32{%s}\n\n", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(last)), ", "), "[]"))
	b.WriteString("var helperNames = [NumHelpers]string{\n\"bpf_unspec\",\n")
	for id := 1; id < n; id++ {
		if names[id] == "" {
			return fmt.Errorf("helper %d has no name", id)
		}
		fmt.Fprintf(&b, "%q,\n", names[id])
	}
	b.WriteString("}\n\nvar helpers = []Helper{\n")
	for _, p := range protos {
		fmt.Fprintf(&b, "{ID: %d, Name: %q, Kernels: %s%s%s},\n", p.id, names[p.id], kernelSet(p.kernels), p.suffix(), p.text)
	}
	b.WriteString("}\n")
	return write("helpers_gen.go", &b)
}

// parseProto reads a row of "probe protos".
func parseProto(r []string, kernel int) (*proto, error) {
	id, err := strconv.Atoi(r[0])
	if err != nil {
		return nil, err
	}
	p := &proto{id: id, variant: variants[r[2]], symbol: r[2], kernels: 1 << kernel}
	if p.variant == "" {
		p.variant = "Common"
	}
	helper, ret, args := r[1], r[5], r[6:]
	retText, err := spell(ret, retWords)
	if err != nil {
		return nil, err
	}
	if acquires[helper] {
		retText.flags = append(retText.flags, "RetAcquire")
	}
	var argTexts []string
	for i, arg := range args {
		a, err := spell(arg, argWords)
		if err != nil {
			return nil, err
		}
		if kernel == 0 && a.kind == "ArgMem" && len(a.flags) == 0 {
			a.flags = []string{"ArgReadOnly"} // 5.10 tells only filled memory apart
		}
		if helper == "tcp_send_ack" && i == 0 {
			a.typ = "tcp_sock" // 5.10 resolves the ID when the first struct_ops is loaded
		}
		if releases[helper] == i+1 && !slices.Contains(a.flags, "ArgRelease") {
			a.flags = append(a.flags, "ArgRelease") // 5.10 knows it by the helper's ID
		}
		argTexts = append(argTexts, a.String())
	}
	if r := retText.String(); r != "{Kind: RetInteger}" {
		p.text += ", Ret: Ret" + r
	}
	if len(argTexts) > 0 {
		p.text += ", Args: [5]Arg{" + strings.Join(argTexts, ", ") + "}"
	}
	if t := traitsOf(helper, r[4], kernel); len(t) > 0 {
		p.text += ", Traits: " + strings.Join(t, "|")
	}
	return p, nil
}

// word is a kernel's spelling in ours: a kind and flags.
type word struct {
	kind  string
	flags []string
	size  string
	typ   string
}

func (w word) String() string {
	s := "{Kind: " + w.kind
	if len(w.flags) > 0 {
		s += ", Flags: " + strings.Join(w.flags, "|")
	}
	if w.size != "" {
		s += ", Size: " + w.size
	}
	if w.typ != "" {
		s += fmt.Sprintf(", Type: %q", w.typ)
	}
	return s + "}"
}

// spell translates "ARG_PTR_TO_MEM|MEM_FIXED_SIZE:8".
func spell(s string, words map[string]string) (word, error) {
	s, extra, _ := strings.Cut(s, ":")
	var w word
	for i, part := range strings.Split(s, "|") {
		ours, ok := words[part]
		if !ok {
			return w, fmt.Errorf("unknown word %q", part)
		}
		fields := strings.Fields(ours)
		if i == 0 {
			w.kind, fields = fields[0], fields[1:]
		}
		for _, f := range fields {
			if !slices.Contains(w.flags, f) {
				w.flags = append(w.flags, f)
			}
		}
		if part == "MEM_FIXED_SIZE" {
			w.kind, w.size = "ArgFixedMem", extra
		}
	}
	if w.kind == "ArgBTFID" || w.kind == "RetBTFID" {
		w.typ = strings.Trim(extra, "?") // bpf_kptr_xchg takes any type
	}
	return w, nil
}

// traitsOf joins what the prototype says with the table of traits.
func traitsOf(helper, flags string, kernel int) []string {
	var out []string
	for _, f := range strings.Split(flags, ",") {
		switch ours := protoTraits[f]; {
		case ours != "":
			out = append(out, ours)
		case strings.HasPrefix(f, "allowed="):
			out = append(out, "Allowlisted")
		}
	}
	for _, t := range traits {
		if t.kernels>>kernel&1 != 0 && slices.Contains(t.helpers, helper) {
			out = append(out, t.name)
		}
	}
	return out
}
