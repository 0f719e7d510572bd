package api

import (
	"net"
	"syscall"

	"swarm/guest/sockets"
)

// hungUp tells whether the other side is gone, although what it sent is not all read. A connection
// that has no descriptor is never gone.
func hungUp(connection net.Conn) bool {
	if slot, ok := connection.(*slotConnection); ok {
		connection = slot.Conn
	}
	owner, ok := connection.(syscall.Conn)
	return ok && sockets.HungUp(owner)
}
