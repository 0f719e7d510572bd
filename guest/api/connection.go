package api

import (
	"net"
	"sync"
)

// slotConnection gives its slot back once, when it closes.
type slotConnection struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

func (c *slotConnection) Close() error {
	c.once.Do(func() { <-c.slots })
	return c.Conn.Close()
}
