package main

// argWords gives our words for the kernel's types of arguments. Flags follow
// the kind: Linux 5.10 has enumerators of their own for some combinations.
var argWords = map[string]string{
	"ARG_DONTCARE":                  "ArgNone",
	"ARG_ANYTHING":                  "ArgAnything",
	"ARG_SCALAR":                    "ArgScalar",
	"ARG_PTR_TO_CTX":                "ArgCtx",
	"ARG_PTR_TO_CTX_OR_NULL":        "ArgCtx ArgMaybeNull",
	"ARG_CONST_MAP_PTR":             "ArgConstMap",
	"ARG_PTR_TO_MAP_KEY":            "ArgMapKey",
	"ARG_PTR_TO_MAP_VALUE":          "ArgMapValue",
	"ARG_PTR_TO_MAP_VALUE_OR_NULL":  "ArgMapValue ArgMaybeNull",
	"ARG_PTR_TO_UNINIT_MAP_VALUE":   "ArgMapValue ArgUninit ArgWrite",
	"ARG_PTR_TO_MEM":                "ArgMem",
	"ARG_PTR_TO_MEM_OR_NULL":        "ArgMem ArgMaybeNull ArgReadOnly",
	"ARG_PTR_TO_UNINIT_MEM":         "ArgMem ArgUninit ArgWrite",
	"ARG_PTR_TO_ARENA":              "ArgArena",
	"ARG_CONST_SIZE":                "ArgConstSize",
	"ARG_CONST_SIZE_OR_ZERO":        "ArgConstSizeOrZero",
	"ARG_CONST_ALLOC_SIZE_OR_ZERO":  "ArgConstAllocSizeOrZero",
	"ARG_PTR_TO_SPIN_LOCK":          "ArgSpinLock",
	"ARG_PTR_TO_SOCK_COMMON":        "ArgSockCommon",
	"ARG_PTR_TO_SOCKET":             "ArgSocket",
	"ARG_PTR_TO_SOCKET_OR_NULL":     "ArgSocket ArgMaybeNull",
	"ARG_PTR_TO_BTF_ID_SOCK_COMMON": "ArgBTFIDSockCommon",
	"ARG_PTR_TO_BTF_ID":             "ArgBTFID",
	"ARG_PTR_TO_PERCPU_BTF_ID":      "ArgPercpuBTFID",
	"ARG_PTR_TO_ALLOC_MEM":          "ArgRingbufMem",
	"ARG_PTR_TO_RINGBUF_MEM":        "ArgRingbufMem",
	"ARG_PTR_TO_FUNC":               "ArgFunc",
	"ARG_PTR_TO_STACK":              "ArgStack",
	"ARG_PTR_TO_CONST_STR":          "ArgConstStr",
	"ARG_PTR_TO_TIMER":              "ArgTimer",
	"ARG_PTR_TO_KPTR":               "ArgKptr",
	"ARG_KPTR_XCHG_DEST":            "ArgKptr",
	"ARG_PTR_TO_DYNPTR":             "ArgDynptr",
	"ARG_PTR_TO_INT":                "ArgIntPtr",
	"ARG_PTR_TO_LONG":               "ArgLongPtr",

	"PTR_MAYBE_NULL":      "ArgMaybeNull",
	"MEM_RDONLY":          "ArgReadOnly",
	"MEM_UNINIT":          "ArgUninit",
	"MEM_WRITE":           "ArgWrite",
	"MEM_ALIGNED":         "ArgAligned",
	"MEM_FIXED_SIZE":      "",
	"OBJ_RELEASE":         "ArgRelease",
	"DYNPTR_TYPE_LOCAL":   "ArgDynptrLocal",
	"DYNPTR_TYPE_RINGBUF": "ArgDynptrRingbuf",
}

// retWords gives our words for the kernel's types of results.
var retWords = map[string]string{
	"RET_INTEGER":                      "RetInteger",
	"RET_VOID":                         "RetVoid",
	"RET_PTR_TO_MAP_VALUE":             "RetMapValue",
	"RET_PTR_TO_MAP_VALUE_OR_NULL":     "RetMapValue RetMaybeNull",
	"RET_PTR_TO_SOCKET":                "RetSocket",
	"RET_PTR_TO_SOCKET_OR_NULL":        "RetSocket RetMaybeNull",
	"RET_PTR_TO_TCP_SOCK":              "RetTCPSock",
	"RET_PTR_TO_TCP_SOCK_OR_NULL":      "RetTCPSock RetMaybeNull",
	"RET_PTR_TO_SOCK_COMMON":           "RetSockCommon",
	"RET_PTR_TO_SOCK_COMMON_OR_NULL":   "RetSockCommon RetMaybeNull",
	"RET_PTR_TO_MEM":                   "RetMem",
	"RET_PTR_TO_ALLOC_MEM":             "RetMem",
	"RET_PTR_TO_ALLOC_MEM_OR_NULL":     "RetMem RetMaybeNull RetRingbuf",
	"RET_PTR_TO_MEM_OR_BTF_ID":         "RetMemOrBTFID",
	"RET_PTR_TO_MEM_OR_BTF_ID_OR_NULL": "RetMemOrBTFID RetMaybeNull",
	"RET_PTR_TO_BTF_ID":                "RetBTFID",
	"RET_PTR_TO_BTF_ID_OR_NULL":        "RetBTFID RetMaybeNull",

	"PTR_MAYBE_NULL": "RetMaybeNull",
	"MEM_RDONLY":     "RetReadOnly",
	"MEM_RINGBUF":    "RetRingbuf",
	"MEM_ALLOC":      "RetRingbuf", // so called until 6.1
	"PTR_TRUSTED":    "RetTrusted",
}

// acquires lists the helpers whose result holds a reference.
var acquires = map[string]bool{
	"sk_lookup_tcp": true, "sk_lookup_udp": true, "skc_lookup_tcp": true, "ringbuf_reserve": true, "kptr_xchg": true,
}

// releases gives the argument that a helper takes over.
var releases = map[string]int{"sk_release": 1, "ringbuf_submit": 1, "ringbuf_discard": 1}

// trait is a property that stands in no prototype. It was read from the
// documentation and behaviour of the kernels named.
type trait struct {
	name    string
	kernels uint8
	helpers []string
}

const (
	inAll    = 0b11111
	from6_12 = 0b11100
)

var traits = []trait{
	{"ChangesPacket", inAll, []string{
		"clone_redirect", "l3_csum_replace", "l4_csum_replace", "lwt_push_encap", "lwt_seg6_action", "lwt_seg6_adjust_srh",
		"lwt_seg6_store_bytes", "msg_pop_data", "msg_pull_data", "msg_push_data", "skb_adjust_room", "skb_change_head",
		"skb_change_proto", "skb_change_tail", "skb_pull_data", "skb_store_bytes", "skb_vlan_pop", "skb_vlan_push",
		"store_hdr_opt", "xdp_adjust_head", "xdp_adjust_meta", "xdp_adjust_tail"}},
	{"ChangesPacket", from6_12, []string{"tail_call"}},
	{"CastsPointer", inAll, []string{"tcp_sock", "sk_fullsock", "skc_to_tcp_sock", "skc_to_tcp6_sock", "skc_to_udp6_sock",
		"skc_to_mptcp_sock", "skc_to_tcp_timewait_sock", "skc_to_tcp_request_sock"}},
	{"SyncCallback", inAll, []string{"for_each_map_elem", "find_vma", "loop", "user_ringbuf_drain"}},
	{"AsyncCallback", inAll, []string{"timer_set_callback"}},
}

// protoTraits are those that a prototype states itself.
var protoTraits = map[string]string{
	"gpl_only":       "GPLOnly",
	"pkt_access":     "PacketAccess",
	"might_sleep":    "MightSleep",
	"allow_fastcall": "FastCall",
}
