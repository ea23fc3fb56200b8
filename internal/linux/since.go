package linux

// release is a row: numbers from first on came with a kernel.
type release struct {
	first uint32
	since Version
}

// programTypes, mapTypes and helperIDs say with which kernel the numbers of the
// interface came (include/uapi/linux/bpf.h). Numbers are given out in order.
var (
	programTypes = []release{
		{1, Version{3, 19}}, {2, Version{4, 1}}, {5, Version{4, 7}}, {6, Version{4, 8}}, {7, Version{4, 9}},
		{8, Version{4, 10}}, {13, Version{4, 13}}, {14, Version{4, 14}}, {15, Version{4, 15}}, {16, Version{4, 17}},
		{19, Version{4, 18}}, {21, Version{4, 19}}, {22, Version{4, 20}}, {23, Version{5, 2}}, {25, Version{5, 3}},
		{26, Version{5, 5}}, {27, Version{5, 6}}, {29, Version{5, 7}}, {30, Version{5, 9}}, {31, Version{5, 14}},
		{32, Version{6, 4}},
	}
	numProgramTypes = uint32(33)

	mapTypes = []release{
		{1, Version{3, 19}}, {3, Version{4, 2}}, {4, Version{4, 3}}, {5, Version{4, 6}}, {8, Version{4, 8}},
		{9, Version{4, 10}}, {11, Version{4, 11}}, {12, Version{4, 12}}, {14, Version{4, 14}}, {16, Version{4, 15}},
		{17, Version{4, 18}}, {19, Version{4, 19}}, {21, Version{4, 20}}, {24, Version{5, 2}}, {25, Version{5, 4}},
		{26, Version{5, 6}}, {27, Version{5, 8}}, {28, Version{5, 10}}, {29, Version{5, 11}}, {30, Version{5, 16}},
		{31, Version{6, 1}}, {32, Version{6, 2}}, {33, Version{6, 9}}, {34, Version{6, 19}}, {35, Version{7, 2}},
	}
	numMapTypes = uint32(36)

	helperIDs = []release{
		{1, Version{3, 18}}, {3, Version{3, 19}}, {4, Version{4, 1}}, {12, Version{4, 2}}, {17, Version{4, 3}},
		{23, Version{4, 4}}, {26, Version{4, 5}}, {27, Version{4, 6}}, {31, Version{4, 8}}, {37, Version{4, 9}},
		{42, Version{4, 10}}, {45, Version{4, 11}}, {46, Version{4, 12}}, {48, Version{4, 13}}, {51, Version{4, 14}},
		{54, Version{4, 15}}, {58, Version{4, 16}}, {60, Version{4, 17}}, {65, Version{4, 18}}, {81, Version{4, 19}},
		{84, Version{4, 20}}, {91, Version{5, 0}}, {93, Version{5, 1}}, {99, Version{5, 2}}, {109, Version{5, 3}},
		{110, Version{5, 4}}, {111, Version{5, 5}}, {116, Version{5, 6}}, {119, Version{5, 7}}, {125, Version{5, 8}},
		{136, Version{5, 9}}, {142, Version{5, 10}}, {156, Version{5, 11}}, {163, Version{5, 12}}, {164, Version{5, 13}},
		{166, Version{5, 14}}, {169, Version{5, 15}}, {176, Version{5, 16}}, {180, Version{5, 17}}, {186, Version{5, 18}},
		{194, Version{5, 19}}, {204, Version{6, 0}}, {208, Version{6, 1}}, {210, Version{6, 2}},
	}
)

// ProgramTypeSince returns the kernel that brought a program type; false when
// no kernel up to the newest target has it.
func ProgramTypeSince(t uint32) (Version, bool) { return sinceOf(programTypes, numProgramTypes, t) }

// MapTypeSince returns the kernel that brought a map type; false when no kernel
// up to the newest target has it.
func MapTypeSince(t uint32) (Version, bool) { return sinceOf(mapTypes, numMapTypes, t) }

// HelperSince returns the kernel that brought a helper; false when no kernel up
// to the newest target has it.
func HelperSince(id uint32) (Version, bool) { return sinceOf(helperIDs, NumHelpers, id) }

func sinceOf(rows []release, end, number uint32) (Version, bool) {
	var v Version
	if number == 0 || number >= end {
		return v, false
	}
	for _, r := range rows {
		if r.first > number {
			break
		}
		v = r.since
	}
	return v, true
}
