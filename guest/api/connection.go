package api

import (
	"net"
	"sync"
)

// slotConnection gives its slot back once, when it closes or is taken out.
type slotConnection struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

func (c *slotConnection) release() { c.once.Do(func() { <-c.slots }) }

func (c *slotConnection) Close() error {
	c.release()
	return c.Conn.Close()
}

// takeOut gives the connection itself, which counts no more among the API's.
func takeOut(connection net.Conn) (*net.TCPConn, bool) {
	if slot, ok := connection.(*slotConnection); ok {
		slot.release()
		connection = slot.Conn
	}
	tcp, ok := connection.(*net.TCPConn)
	return tcp, ok
}
