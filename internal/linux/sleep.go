package linux

// sleepMap is a type of map that programs which sleep may use, from a kernel on.
type sleepMap struct {
	typ   uint32 // BPF_MAP_TYPE_*
	since Version
}

var sleepMaps = []sleepMap{
	{1, V5_10}, {2, V5_10}, {9, V5_10}, // hash, array, LRU hash
	{5, V6_1}, {6, V6_1}, {10, V6_1}, {12, V6_1}, {13, V6_1}, // per CPU, maps of maps
	{24, V6_1}, {27, V6_1}, {28, V6_1}, {29, V6_1}, {31, V6_1}, // storages, ring buffers
	{22, V6_12}, {23, V6_12}, {32, V6_12}, {33, V6_12}, // queue, stack, storage of cgroups, arena
	{3, Version{7, 0}}, {11, Version{7, 0}}, {34, Version{7, 0}}, {35, Version{7, 0}}, // program array, trie, instructions, rhash
}

// sleepMapsOnly is the message about all other types, newest kernel first.
var sleepMapsOnly = []struct {
	since   Version
	message string
}{
	{V6_12, "Sleepable programs can only use array, hash, ringbuf and local storage maps"},
	{V6_1, "Sleepable programs can only use array, hash, and ringbuf maps"},
	{V5_10, "Sleepable programs can only use array and hash maps"},
}

// SleepMapRefusal returns the message to a program that sleeps and uses a map of
// a type, "" when it may. grows says that the map's elements are allocated when
// they are added.
func (v Version) SleepMapRefusal(typ uint32, grows bool) string {
	for _, m := range sleepMaps {
		switch {
		case m.typ != typ || v.Less(m.since):
		case grows && !v.Has(SleepGrowingMaps):
			return "Sleepable programs can only use preallocated hash maps"
		default:
			return ""
		}
	}
	for _, row := range sleepMapsOnly {
		if v.AtLeast(row.since) {
			return row.message
		}
	}
	return ""
}
