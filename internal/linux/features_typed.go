package linux

// Features of typed kernel pointers.
const (
	TypedTrust        = firstTyped + Feature(iota) // pointers are trusted, protected by RCU, or neither
	TypedAccessCaps                                // reading kernel objects takes CAP_PERFMON and a GPL licence
	TypedMergeTrust                                // one load may meet trusted and untrusted pointers
	TypedUntrustedMem                              // pointers to other things than structs can be followed, as untrusted memory
	typedEnd                                       // keep last
)

var typedFeatures = [typedEnd - firstTyped]FeatureInfo{
	{TypedTrust, "trusted kernel pointers", Version{6, 4}},
	{TypedAccessCaps, "reads of kernel objects only by GPL programs", Version{6, 3}},
	{TypedMergeTrust, "loads through trusted and untrusted pointers", Version{6, 4}},
	{TypedUntrustedMem, "untrusted memory behind untyped pointers", Version{6, 17}},
}
