package boot

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// CgroupDir holds everything that the agent runs; guestd itself stays in the root of the tree.
const CgroupDir = "/cgroup/agent"

// reserveBytes of the machine's memory are out of the agent's reach, so that guestd and the kernel
// go on when it takes all it can get.
const reserveBytes = 24 << 20

func makeCgroup() error {
	if err := mount("cgroup2", "/cgroup", "cgroup2", quiet, ""); err != nil {
		return err
	}
	if err := os.WriteFile("/cgroup/cgroup.subtree_control", []byte("+memory +pids"), 0); err != nil {
		return fmt.Errorf("cgroup controllers: %w", err)
	}
	if err := os.Mkdir(CgroupDir, 0o755); err != nil {
		return err
	}
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return err
	}
	total := uint64(info.Totalram) * uint64(info.Unit)
	limits := map[string]string{"pids.max": pidsLimit(total)}
	if total > 3*reserveBytes {
		limits["memory.max"] = strconv.FormatUint(total-reserveBytes, 10)
	}
	for file, value := range limits {
		if err := os.WriteFile(CgroupDir+"/"+file, []byte(value), 0); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// pidsLimit bounds how many tasks the agent may have: enough for any server, too few to starve
// guestd in a machine of this size.
func pidsLimit(memoryBytes uint64) string {
	limit := int(memoryBytes >> 20 * 4)
	if limit < 512 {
		limit = 512
	}
	if limit > 16384 {
		limit = 16384
	}
	return strconv.Itoa(limit)
}
