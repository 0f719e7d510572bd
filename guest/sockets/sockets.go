// Package sockets asks and tells the kernel what Go's net package does not.
package sockets

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

// HungUp tells whether the other side is gone, although what it sent is not all read: reading finds
// out only after that.
func HungUp(connection syscall.Conn) bool {
	raw, err := connection.SyscallConn()
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

// Reset closes a connection so that the other side sees an error and not an end.
func Reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

// Of <linux/filter.h>: loads the index of the device that a packet came over.
const ancillaryIfindex = 1<<32 - 0x1000 + 8

// OnlyFrom is a net.ListenConfig's Control: packets that did not come over the device never reach
// the listener or its connections, whatever source address they claim. A process inside that sends
// to the machine's own address does so over lo, which SO_BINDTODEVICE would overlook: routing calls
// such a packet one of the address's device.
func OnlyFrom(device string) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		link, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		filter := []syscall.SockFilter{
			{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: ancillaryIfindex},
			{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: uint32(link.Index)},
			{Code: syscall.BPF_RET | syscall.BPF_K, K: 0xffffffff},
			{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
		}
		var failed error
		err = raw.Control(func(fd uintptr) { failed = syscall.AttachLsf(int(fd), filter) })
		if err != nil {
			return err
		}
		return failed
	}
}
