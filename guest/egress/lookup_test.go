package egress

import (
	"net"
	"os"
	"testing"
	"time"
)

// Needs a network namespace of its own with a local default route; the tests of machines have it
// all. Run by hand: unshare -n sh -c 'ip link set lo up; ip addr add 10.0.2.15/32 dev lo;
// ip route add local default dev lo src 10.0.2.15; SWARM_CAPTURE=1 go test ./egress'
func TestCapture(t *testing.T) {
	if os.Getenv("SWARM_CAPTURE") == "" {
		t.Skip("needs a network namespace with a local default route")
	}
	own, resolver := net.IPv4(10, 0, 2, 15), net.IPv4(127, 0, 0, 53)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 53), Port: 53})
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	agent, err := net.Listen("tcp4", "0.0.0.0:80")
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	link, err := capture(own, resolver, listener.(*net.TCPListener), datagrams)
	if err != nil {
		t.Fatal(err)
	}
	accepted := func(of net.Listener) string {
		_ = of.(*net.TCPListener).SetDeadline(time.Now().Add(2 * time.Second))
		connection, err := of.Accept()
		if err != nil {
			return err.Error()
		}
		defer connection.Close()
		return connection.LocalAddr().String()
	}
	for _, c := range []struct {
		to       string
		listener net.Listener
	}{
		{"198.18.0.1:80", listener}, {"8.8.8.8:12345", listener}, {"127.0.0.53:53", listener},
		{"127.0.0.1:80", agent}, {"10.0.2.15:80", agent}, {"127.0.0.53:80", agent},
	} {
		client, err := net.DialTimeout("tcp4", c.to, time.Second)
		if err != nil {
			t.Fatalf("%s: %v", c.to, err)
		}
		if got := accepted(c.listener); got != c.to {
			t.Errorf("%s: accepted at %s", c.to, got)
		}
		client.Close()
	}
	for _, to := range []string{"8.8.8.8:53", "127.0.0.53:53"} {
		client, err := net.Dial("udp4", to)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Write([]byte("hello"))
		_ = datagrams.SetReadDeadline(time.Now().Add(2 * time.Second))
		content := make([]byte, 16)
		n, _, err := datagrams.ReadFrom(content)
		if err != nil || string(content[:n]) != "hello" {
			t.Errorf("%s: %q %v", to, content[:n], err)
		}
		client.Close()
	}
	link.Close()
	if _, err := net.DialTimeout("tcp4", "8.8.8.8:12345", time.Second); err == nil {
		t.Error("still captured")
	}
}
