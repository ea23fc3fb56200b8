package linux

// Features of the checks of BTF. As with the checks of programs, the version is
// that of the first release that behaves so as it is shipped today.
const (
	BTFFloat             = firstBTF + Feature(iota) // kind FLOAT
	BTFDeclTag                                      // kind DECL_TAG
	BTFTypeTag                                      // kind TYPE_TAG
	BTFEnum64                                       // kind ENUM64, and enumerations with kind_flag are signed
	BTFFuncResolve                                  // functions are resolved like types that refer to others
	BTFEmptySections                                // sections without variables
	BTFPrintableSections                            // names of sections may hold whatever can be printed
	BTFLongNames                                    // names of up to 512 bytes instead of 128
	BTFSpecialFields                                // structs with locks, lists, trees and kernel pointers are checked
	BTFOwnershipDepth                               // chains of owners are limited by their depth
	BTFResilientLock                                // structs may hold a bpf_res_spin_lock
	BTFTagFlag                                      // tags may have kind_flag: they are attributes
	BTFUserPointer                                  // tag "uptr" of pointers
	BTFUniqueMembers                                // locks and reference counts are counted across nested structs
	BTFFreeTags                                     // type tags may follow other modifiers
	BTFLayout                                       // a section with the layout of kinds
	BTFWideInfo                                     // 24 bits for vlen, 7 for kind
	BTFEarlyFuncInfo                                // func_info is checked before the functions are known
	btfEnd                                          // keep last
)

var btfFeatures = [btfEnd - firstBTF]FeatureInfo{
	{BTFFloat, "BTF floats", Version{5, 13}},
	{BTFDeclTag, "BTF declaration tags", Version{5, 16}},
	{BTFTypeTag, "BTF type tags", Version{5, 17}},
	{BTFEnum64, "BTF 64-bit enumerations", Version{6, 0}},
	{BTFFuncResolve, "BTF functions resolved", Version{5, 16}},
	{BTFEmptySections, "empty BTF sections", Version{5, 13}},
	{BTFPrintableSections, "printable names of BTF sections", Version{6, 12}},
	{BTFLongNames, "BTF names of 512 bytes", Version{6, 1}},
	{BTFSpecialFields, "checks of special fields in BTF", Version{6, 2}},
	{BTFOwnershipDepth, "BTF ownership depth", Version{7, 0}},
	{BTFResilientLock, "resilient locks in BTF", Version{6, 15}},
	{BTFTagFlag, "BTF attributes", Version{6, 15}},
	{BTFUserPointer, "tag uptr in BTF", Version{6, 13}},
	{BTFUniqueMembers, "special members counted across structs", Version{7, 0}},
	{BTFFreeTags, "BTF type tags among modifiers", Version{7, 0}},
	{BTFLayout, "BTF layout section", Version{7, 1}},
	{BTFWideInfo, "BTF kinds with 24 bits of vlen", Version{7, 2}},
	{BTFEarlyFuncInfo, "func_info checked early", Version{6, 7}},
}
