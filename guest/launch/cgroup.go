package launch

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Cgroup is a directory of the cgroup v2 tree.
type Cgroup struct{ dir string }

// CgroupAt names an existing cgroup.
func CgroupAt(dir string) Cgroup { return Cgroup{dir} }

func makeCgroup(parent, name string) (Cgroup, error) {
	cgroup := Cgroup{filepath.Join(parent, name)}
	if err := os.Mkdir(cgroup.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return cgroup, err
	}
	return cgroup, nil
}

func (c Cgroup) file(name string) string { return filepath.Join(c.dir, name) }

// Kill ends every process in the cgroup and below it.
func (c Cgroup) Kill() error { return os.WriteFile(c.file("cgroup.kill"), []byte("1"), 0) }

// End kills what is left and removes the cgroup, for which it waits a moment.
func (c Cgroup) End() {
	_ = c.Kill()
	go func() {
		for i := 0; i < 100 && c.remove() == syscall.EBUSY; i++ {
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

func (c Cgroup) remove() error { return syscall.Rmdir(c.dir) }

// OOMKills counts how often the kernel killed a process of this cgroup for want of memory.
func (c Cgroup) OOMKills() int {
	content, err := os.ReadFile(c.file("memory.events"))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(content), "\n") {
		if value := strings.TrimPrefix(line, "oom_kill "); value != line {
			count, _ := strconv.Atoi(value)
			return count
		}
	}
	return 0
}
