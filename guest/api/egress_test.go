package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"swarm/guest/egress"
	"swarm/guest/launch"
	"swarm/guest/process"
	"swarm/guest/protocol"
)

func TestEgressNeedsAGate(t *testing.T) {
	if status, code := request(t, newServer(t), "POST", "/v1/egress", "Bearer "+token, ""); status != 404 || code != "not_found" {
		t.Errorf("%d %s", status, code)
	}
}

// More than the API's own streams and connections are parked side by side.
func TestParkedConnectionsCountApart(t *testing.T) {
	gate := egress.NewGate()
	launcher := &launch.Launcher{CgroupDir: t.TempDir()}
	server := NewServer(Options{
		Config:   protocol.Config{Token: token, MachineID: "m", Network: protocol.Network{Gateway: "127.0.0.1"}},
		Launcher: launcher, Supervisor: process.NewSupervisor(launcher, 0), DiskDir: "/", Gate: gate,
	})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go server.Serve(listener)
	at := listener.Addr().String()
	ask := func(lines ...string) *bufio.Reader {
		connection, err := net.Dial("tcp4", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() })
		_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
		head := []string{"POST /v1/egress HTTP/1.1", "Host: guestd", "Authorization: Bearer " + token}
		_, _ = io.WriteString(connection, strings.Join(append(append(head, lines...), "", ""), "\r\n"))
		return bufio.NewReader(connection)
	}
	for i := 0; i < maxConnections; i++ {
		reader := ask("Connection: Upgrade", "Upgrade: swarm-egress", "Content-Length: 0")
		if line, err := reader.ReadString('\n'); line != "HTTP/1.1 101 Switching Protocols\r\n" {
			t.Fatalf("%d: %q %v", i, line, err)
		}
	}
	answer, err := http.ReadResponse(ask("Content-Length: 0"), nil)
	if err != nil || answer.StatusCode != 400 {
		t.Errorf("without upgrade: %v %v", answer, err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for gate.Status().Parked != maxConnections && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if parked := gate.Status().Parked; parked != maxConnections {
		t.Errorf("%d are parked", parked)
	}
	r, _ := http.NewRequest("GET", fmt.Sprintf("http://%s/v1/status", at), nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != 200 {
		t.Errorf("the API is still there: %v %v", answer, err)
	}
}

func TestOnlyTheGatewayIsHeard(t *testing.T) {
	for gateway, heard := range map[string]bool{"127.0.0.1": true, "10.0.2.2": false} {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		guarded := &guardedListener{Listener: listener, gateway: net.ParseIP(gateway), slots: make(chan struct{}, 1)}
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Listener.Close()
		server.Listener = guarded
		server.Start()
		client := http.Client{Timeout: 10 * time.Second}
		if _, err := client.Get(server.URL); (err == nil) != heard {
			t.Errorf("gateway %s: %v", gateway, err)
		}
		client.CloseIdleConnections()
		server.Close()
	}
}
