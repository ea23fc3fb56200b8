package linux

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs of type syscall sleep; the prober let them name a map of each type.
func TestSleepMaps(t *testing.T) {
	for _, v := range Targets() {
		if v == V5_10 {
			continue // it has no type that sleeps without a target in BTF
		}
		text, err := os.ReadFile("data/" + v.String() + "/maps.tsv")
		require.NoError(t, err)
		created, refused := map[uint32]bool{}, map[uint32]string{}
		for line := range strings.Lines(string(text)) {
			row := append(strings.Split(strings.TrimSpace(line), "\t"), "", "")
			typ, err := strconv.ParseUint(row[0], 10, 32)
			switch {
			case err != nil:
			case row[1] == "create" && row[2] == "ok":
				created[uint32(typ)] = true
			case row[1] == "in 31 true" && strings.HasPrefix(row[2], "EINVAL Sleepable"):
				refused[uint32(typ)] = strings.TrimPrefix(row[2], "EINVAL ")
			}
		}
		require.NotEmpty(t, refused)
		for typ := range created {
			require.Equal(t, refused[typ], v.SleepMapRefusal(typ, false), "%s map %d", v, typ)
		}
	}
}
