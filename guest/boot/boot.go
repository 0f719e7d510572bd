// Package boot turns a freshly started kernel into a machine that can run the agent's process.
package boot

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"swarm/guest/protocol"
)

// Machine is what boot leaves behind.
type Machine struct {
	Config protocol.Config
	Root   Root
}

// driveTimeout bounds the wait for the drives to appear.
const driveTimeout = 10 * time.Second

// Run does everything between the kernel's start and listening.
func Run() (Machine, error) {
	if err := mountEarly(); err != nil {
		return Machine{}, err
	}
	commandLine, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return Machine{}, err
	}
	if err := loadModules(string(commandLine)); err != nil {
		return Machine{}, err
	}
	found, err := findDrives(driveTimeout)
	if err != nil {
		return Machine{}, err
	}
	config, err := readConfig(found.config)
	if err != nil {
		return Machine{}, err
	}
	if err := syscall.Sethostname([]byte(config.Hostname)); err != nil {
		return Machine{}, fmt.Errorf("hostname: %w", err)
	}
	if err := setUpNetwork(config); err != nil {
		return Machine{}, err
	}
	if err := makeCgroup(); err != nil {
		return Machine{}, err
	}
	if err := mountOverlay(found.image, found.disk); err != nil {
		return Machine{}, err
	}
	root, err := makeRoot(config)
	return Machine{Config: config, Root: root}, err
}

func mountEarly() error {
	for _, m := range []struct{ kind, target string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}} {
		if err := mount(m.kind, m.target, m.kind, syscall.MS_NOSUID, ""); err != nil && err != syscall.EBUSY {
			return err
		}
	}
	// Before any child starts, so that all inherit it.
	limit := syscall.Rlimit{Cur: 65536, Max: 65536}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	return os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)
}
