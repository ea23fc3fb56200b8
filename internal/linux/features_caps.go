package linux

// Features of what a process may load without some capability.
const (
	CapsBarriers   = firstCaps + Feature(iota) // a speculation barrier makes up for what is refused on a speculative path
	CapsMaskCopies                             // messages about masks take the registers for a pointer plus a number
	CapsMaskNames                              // messages about masks name the number or the pointer, whichever register it is in
	capsEnd                                    // keep last
)

var capsFeatures = [capsEnd - firstCaps]FeatureInfo{
	{CapsBarriers, "barriers on speculative paths", Version{6, 17}},
	{CapsMaskCopies, "copied operands in messages about masks", Version{6, 12}},
	{CapsMaskNames, "registers in messages about masks", Version{6, 17}},
}
