package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"swarm/guest/names"
	"swarm/guest/protocol"
)

// namesDir holds the files that lie over the image's own, as in Docker: in memory, so that a full
// disk does not keep a machine from booting.
const namesDir = "/names"

// openNames writes the files and opens each, to be bound from within the new root later.
func openNames(config protocol.Config) (map[string]*os.File, error) {
	if err := mount("tmpfs", namesDir, "tmpfs", quiet, "mode=755,size=1m"); err != nil {
		return nil, err
	}
	contents := map[string]string{
		"/etc/hostname":    config.Hostname + "\n",
		"/etc/hosts":       hostsFile(config),
		"/etc/resolv.conf": "nameserver " + nameServer(config) + "\n",
	}
	opened := map[string]*os.File{}
	for target, content := range contents {
		source := filepath.Join(namesDir, filepath.Base(target))
		if err := os.WriteFile(source, []byte(content), 0o644); err != nil {
			return nil, err
		}
		file, err := os.Open(source)
		if err != nil {
			return nil, err
		}
		opened[target] = file
	}
	return opened, nil
}

// bindNames puts the opened files at their places. A full disk may leave no room for the place
// itself, which is no reason not to boot.
func bindNames(opened map[string]*os.File) error {
	for target, file := range opened {
		defer file.Close()
		if err := makePlace(target); err != nil {
			fmt.Printf("guestd: %s is left out: %v\n", target, err)
			continue
		}
		source := "/proc/thread-self/fd/" + strconv.Itoa(int(file.Fd()))
		if err := syscall.Mount(source, target, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", target, err)
		}
	}
	return nil
}

// makePlace makes sure that target is a regular file: an image may have a symbolic link there, or
// nothing.
func makePlace(target string) error {
	info, err := os.Lstat(target)
	if err == nil && info.Mode().IsRegular() {
		return nil
	}
	if err == nil {
		if err := os.RemoveAll(target); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, nil, 0o644)
}

// nameServer is guestd itself where there is a way out.
func nameServer(config protocol.Config) string {
	if config.Egress != nil {
		return names.Address.String()
	}
	return config.Network.DNS
}

func hostsFile(config protocol.Config) string {
	lines := []string{
		"127.0.0.1\tlocalhost",
		"::1\tlocalhost ip6-localhost ip6-loopback",
		config.Network.Address + "\t" + config.Hostname,
	}
	return strings.Join(lines, "\n") + "\n"
}
