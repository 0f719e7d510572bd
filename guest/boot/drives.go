package boot

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"

	"swarm/guest/protocol"
)

// drives are the block devices of the machine, told apart by their first bytes.
type drives struct {
	config string
	image  string
	disk   string
}

const maxConfigBytes = 64 * 1024

// kindOf names the content of a drive by its first 2 KiB: config, image, disk or "".
func kindOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte(protocol.ConfigMagic)):
		return "config"
	case len(head) >= 1028 && bytes.Equal(head[1024:1028], []byte{0xe2, 0xe1, 0xf5, 0xe0}):
		return "image"
	case len(head) >= 1082 && bytes.Equal(head[1080:1082], []byte{0x53, 0xef}):
		return "disk"
	}
	return ""
}

// findDrives waits until all three drives are there.
func findDrives(timeout time.Duration) (drives, error) {
	deadline := time.Now().Add(timeout)
	for {
		found := scanDrives()
		if found.config != "" && found.image != "" && found.disk != "" {
			return found, nil
		}
		if time.Now().After(deadline) {
			return found, fmt.Errorf("drives missing: configuration %q, rootfs %q, disk %q",
				found.config, found.image, found.disk)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func scanDrives() drives {
	var found drives
	names, _ := filepath.Glob("/sys/class/block/vd*")
	sort.Strings(names)
	for _, name := range names {
		device := "/dev/" + filepath.Base(name)
		switch kind := kindOf(readHead(device)); {
		case kind == "config" && found.config == "":
			found.config = device
		case kind == "image" && found.image == "":
			found.image = device
		case kind == "disk" && found.disk == "":
			found.disk = device
		}
	}
	return found
}

func readHead(device string) []byte {
	file, err := os.Open(device)
	if err != nil {
		return nil
	}
	defer file.Close()
	head := make([]byte, 2048)
	n, _ := io.ReadFull(file, head)
	return head[:n]
}

// readConfig reads the configuration drive, then takes the device away from the kernel, so that
// the token on it cannot be read again inside the machine.
func readConfig(device string) (protocol.Config, error) {
	file, err := os.Open(device)
	if err != nil {
		return protocol.Config{}, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxConfigBytes))
	file.Close()
	if err != nil {
		return protocol.Config{}, err
	}
	config, err := parseConfig(content)
	if err != nil {
		return config, err
	}
	return config, detach(device)
}

func parseConfig(content []byte) (protocol.Config, error) {
	var config protocol.Config
	text := bytes.TrimRight(bytes.TrimPrefix(content, []byte(protocol.ConfigMagic)), "\x00")
	if err := json.Unmarshal(text, &config); err != nil {
		return config, fmt.Errorf("configuration drive: %w", err)
	}
	if config.Version != protocol.Version {
		return config, fmt.Errorf("configuration version %d; this guestd speaks %d", config.Version, protocol.Version)
	}
	if len(config.Token) < 32 {
		return config, errors.New("configuration drive: token missing or too short")
	}
	if config.GuestdPort < 1 || config.GuestdPort > 65535 {
		return config, fmt.Errorf("configuration drive: guestdPort %d", config.GuestdPort)
	}
	if egress := config.Egress; egress != nil {
		if egress.ProxyPort < 1 || egress.ProxyPort > 65535 {
			return config, fmt.Errorf("configuration drive: egress.proxyPort %d", egress.ProxyPort)
		}
		if block, _ := pem.Decode([]byte(egress.Authority)); block == nil || block.Type != "CERTIFICATE" {
			return config, errors.New("configuration drive: egress.authority is no certificate in PEM")
		}
	}
	return config, nil
}

// detach unbinds the virtio driver of a block device: its node in /dev goes with it.
func detach(device string) error {
	target, err := os.Readlink(filepath.Join("/sys/class/block", filepath.Base(device), "device"))
	if err != nil {
		return err
	}
	return os.WriteFile("/sys/bus/virtio/drivers/virtio_blk/unbind", []byte(filepath.Base(target)), 0)
}
