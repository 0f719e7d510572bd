package observe

import (
	"net"
	"strings"
	"testing"
)

func TestParsePorts(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   2: garbage
   3: 0100007F:0051 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 1
`
	seen := map[int]bool{}
	parsePorts(strings.NewReader(table), seen)
	if len(seen) != 2 || !seen[8080] || !seen[80] {
		t.Errorf("saw %v", seen)
	}
}

func TestListeningPorts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	has := func(ports []int) bool {
		for _, p := range ports {
			if p == port {
				return true
			}
		}
		return false
	}
	if !has(ListeningPorts(0)) {
		t.Error("the open port is not seen")
	}
	if has(ListeningPorts(port)) {
		t.Error("the own port is seen")
	}
}

func TestMeters(t *testing.T) {
	memory, disk := Memory(), Disk("/")
	if memory.TotalBytes == 0 || memory.AvailableBytes > memory.TotalBytes {
		t.Errorf("memory %+v", memory)
	}
	if disk.TotalBytes == 0 || disk.UsedBytes > disk.TotalBytes {
		t.Errorf("disk %+v", disk)
	}
	if CPUMs() <= 0 || UptimeMs() <= 0 {
		t.Error("no CPU time or uptime")
	}
}
