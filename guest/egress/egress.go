// Package egress is the machine's side of the way out: it takes up what processes open, and passes
// each connection on over one that the host parked. Nothing else leads out of a machine.
package egress

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"swarm/guest/names"
	"swarm/guest/protocol"
	"swarm/guest/sockets"
)

const (
	// maxConnections bounds those from inside, waiting ones included; more are reset.
	maxConnections = 1024
	// waitTimeout bounds how long one waits for the host to park another.
	waitTimeout = 10 * time.Second
	headTimeout = 10 * time.Second
)

// Gate is where connections pass out of the machine.
type Gate struct {
	pool    pool
	table   *names.Table
	active  atomic.Int64
	kernel  *os.File
	failure string
}

// Parker takes connections of the host's; false: too many are parked already.
type Parker interface {
	Park(connection *net.TCPConn) bool
}

// NewGate makes one that nothing comes to yet.
func NewGate() *Gate { return &Gate{table: names.NewTable()} }

// Open listens inside the machine and returns.
func Open(config protocol.Config) (*Gate, error) {
	own := net.ParseIP(config.Network.Address)
	gate := NewGate()
	resolver, err := names.Listen(names.Zone{Hostname: config.Hostname, Address: own, Table: gate.table})
	if err != nil {
		return nil, fmt.Errorf("resolver: %w", err)
	}
	proxy, err := listen(config.Egress.ProxyPort)
	if err != nil {
		return nil, fmt.Errorf("proxy port: %w", err)
	}
	captured, err := listen(protocol.CapturePort)
	if err != nil {
		return nil, fmt.Errorf("capture port: %w", err)
	}
	gate.kernel, err = capture(own, names.Address, captured, resolver.Datagrams)
	if err != nil {
		// The proxy's variables still lead out, and names still resolve.
		gate.failure = err.Error()
		captured.Close()
		if err := resolver.ListenTCP(); err != nil {
			return nil, fmt.Errorf("resolver: %w", err)
		}
	} else {
		go accept(captured, func(connection *net.TCPConn) { gate.captured(connection, resolver) })
	}
	go resolver.Serve()
	go accept(proxy, func(connection *net.TCPConn) {
		gate.pass(connection, protocol.EgressHead{Kind: "proxy"})
	})
	return gate, nil
}

func listen(port int) (*net.TCPListener, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}

// accept runs for the machine's life: an error, such as too many open files, is waited out.
func accept(listener *net.TCPListener, take func(*net.TCPConn)) {
	for {
		connection, err := listener.AcceptTCP()
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go take(connection)
	}
}

// captured is a connection to an address that is not really this machine's; the kernel tells which.
func (g *Gate) captured(connection *net.TCPConn, resolver *names.Resolver) {
	meant, ok := connection.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok || meant.IP.IsLoopback() && !meant.IP.Equal(names.Address):
		sockets.Reset(connection)
	case meant.Port == names.Port:
		// No question about names leaves the machine, whomever it is put to.
		resolver.ServeConnection(connection)
	default:
		head := protocol.EgressHead{Kind: "captured", Port: meant.Port, Name: g.table.NameOf(meant.IP)}
		g.pass(connection, head)
	}
}

// Park takes a connection of the host's.
func (g *Gate) Park(connection *net.TCPConn) bool { return g.pool.park(connection) }

// Status says how things stand.
func (g *Gate) Status() *protocol.EgressStatus {
	parked, waiting := g.pool.count()
	status := &protocol.EgressStatus{
		Capture: "all", Parked: parked, Waiting: waiting, Active: int(g.active.Load()) - waiting, Names: g.table.Len(),
	}
	if g.failure != "" {
		status.Capture, status.Reason = "none", g.failure
	}
	if status.Active < 0 {
		status.Active = 0
	}
	return status
}

// pass takes the connection over until it ends.
func (g *Gate) pass(inside *net.TCPConn, head protocol.EgressHead) {
	if g.active.Add(1) > maxConnections {
		g.active.Add(-1)
		sockets.Reset(inside)
		return
	}
	defer g.active.Add(-1)
	outside := g.open(head)
	if outside == nil {
		sockets.Reset(inside)
		return
	}
	relay(inside, outside)
}

// open gives a connection of the host's that has the head; nil when there was none in time.
func (g *Gate) open(head protocol.EgressHead) *net.TCPConn {
	line, err := json.Marshal(head)
	if err != nil || len(line) >= protocol.EgressHeadBytes {
		return nil
	}
	line = append(line, '\n')
	for deadline := time.Now().Add(waitTimeout); ; {
		outside := g.pool.take(time.Until(deadline))
		if outside == nil {
			return nil
		}
		_ = outside.SetWriteDeadline(time.Now().Add(headTimeout))
		if _, err := outside.Write(line); err == nil {
			_ = outside.SetWriteDeadline(time.Time{})
			return outside
		}
		outside.Close() // Nothing of the process's was sent: another may do.
	}
}
