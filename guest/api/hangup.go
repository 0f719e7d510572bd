package api

import (
	"net"
	"syscall"
	"unsafe"
)

// poll(2): the other side sends no more, the connection failed, or it is closed.
const (
	pollReadHangUp = 0x2000
	pollError      = 0x8
	pollHangUp     = 0x10
)

type pollDescriptor struct {
	fd              int32
	events, revents int16
}

// hungUp tells whether the other side is gone, although what it sent is not all read: reading finds
// out only after that. A connection that has no descriptor is never gone.
func hungUp(connection net.Conn) bool {
	if slot, ok := connection.(*slotConnection); ok {
		connection = slot.Conn
	}
	owner, ok := connection.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := owner.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		poll := pollDescriptor{fd: int32(fd), events: pollReadHangUp}
		now := syscall.Timespec{}
		_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
			uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		gone = poll.revents&(pollReadHangUp|pollError|pollHangUp) != 0
	})
	return gone || err != nil
}
