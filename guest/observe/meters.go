package observe

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"

	"swarm/guest/protocol"
)

// userHz is the unit of /proc/stat, fixed for user space on all architectures Swarm runs on.
const userHz = 100

// Memory reads /proc/meminfo.
func Memory() protocol.Memory {
	values := map[string]uint64{}
	readLines("/proc/meminfo", 5, func(fields []string) {
		if len(fields) >= 2 {
			kib, _ := strconv.ParseUint(fields[1], 10, 64)
			values[fields[0]] = kib << 10
		}
	})
	return protocol.Memory{TotalBytes: values["MemTotal:"], AvailableBytes: values["MemAvailable:"]}
}

// Disk measures the file system mounted at dir.
func Disk(dir string) protocol.Disk {
	var stat syscall.Statfs_t
	if syscall.Statfs(dir, &stat) != nil {
		return protocol.Disk{}
	}
	size := uint64(stat.Bsize)
	return protocol.Disk{TotalBytes: stat.Blocks * size, UsedBytes: (stat.Blocks - stat.Bfree) * size}
}

// CPUMs is the time all CPUs were busy since boot.
func CPUMs() int64 {
	var ticks int64
	readLines("/proc/stat", 1, func(fields []string) {
		for i, field := range fields {
			// cpu user nice system idle iowait irq softirq steal: idle and iowait are no work.
			if i == 0 || i == 4 || i == 5 || i > 8 {
				continue
			}
			value, _ := strconv.ParseInt(field, 10, 64)
			ticks += value
		}
	})
	return ticks * 1000 / userHz
}

// UptimeMs is the time since the kernel started.
func UptimeMs() int64 {
	var seconds float64
	readLines("/proc/uptime", 1, func(fields []string) {
		if len(fields) > 0 {
			seconds, _ = strconv.ParseFloat(fields[0], 64)
		}
	})
	return int64(seconds * 1000)
}

func readLines(path string, limit int, visit func([]string)) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for i := 0; i < limit && scanner.Scan(); i++ {
		visit(strings.Fields(scanner.Text()))
	}
}
