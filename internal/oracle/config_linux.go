package oracle

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// readConfig reads the running kernel's configuration from where distributions
// keep it.
func readConfig() (map[string]string, error) {
	if f, err := os.Open("/proc/config.gz"); err == nil {
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		return parseConfig(z)
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, err
	}
	release := unix.ByteSliceToString(name.Release[:])
	for _, path := range []string{"/boot/config-" + release, "/lib/modules/" + release + "/config"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		return parseConfig(f)
	}
	return nil, errors.New("the kernel's configuration is not available")
}

// parseConfig reads lines such as CONFIG_BPF=y; those that say that an option is
// not set are comments.
func parseConfig(r io.Reader) (map[string]string, error) {
	config := make(map[string]string)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), "=")
		if ok && strings.HasPrefix(name, "CONFIG_") {
			config[name] = value
		}
	}
	return config, lines.Err()
}
