// Package observe measures the machine from inside.
package observe

import (
	"bufio"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"

	"swarm/guest/protocol"
)

const stateListen = "0A"

// ListeningPorts are the TCP ports that something listens on, but for own, ascending.
func ListeningPorts(own ...int) []int {
	seen := map[int]bool{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		parsePorts(file, seen)
		file.Close()
	}
	for _, port := range own {
		delete(seen, port)
	}
	ports := make([]int, 0, len(seen))
	for port := range seen {
		ports = append(ports, port)
	}
	sort.Ints(ports)
	if len(ports) > protocol.MaxPorts {
		ports = ports[:protocol.MaxPorts]
	}
	return ports
}

// parsePorts reads the format of /proc/net/tcp, in which listening sockets come first.
func parsePorts(source io.Reader, seen map[int]bool) {
	scanner := bufio.NewScanner(source)
	scanner.Scan() // The header.
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		if len(fields) < 4 || fields[3] != stateListen {
			return
		}
		_, hexPort, ok := strings.Cut(fields[1], ":")
		if !ok {
			continue
		}
		if port, err := strconv.ParseUint(hexPort, 16, 16); err == nil && port > 0 {
			seen[int(port)] = true
		}
	}
}
