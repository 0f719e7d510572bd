package api

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// ioctls of <asm-generic/ioctls.h>.
const (
	ioctlUnlock = 0x40045431 // TIOCSPTLCK
	ioctlPeer   = 0x5441     // TIOCGPTPEER
	ioctlSize   = 0x5414     // TIOCSWINSZ
)

// openTerminal makes a terminal in the devpts whose directory is open as dir. Both ends are opened
// without a path inside the guest, which the agent could have changed.
func openTerminal(dir int) (controller, terminal *os.File, err error) {
	fd, err := syscall.Openat(dir, "ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("ptmx: %w", err)
	}
	controller = os.NewFile(uintptr(fd), "ptmx")
	var unlock int32
	if err := terminalIoctl(fd, ioctlUnlock, uintptr(unsafe.Pointer(&unlock))); err != nil {
		controller.Close()
		return nil, nil, fmt.Errorf("unlocking a terminal: %w", err)
	}
	peer, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), ioctlPeer, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC)
	if errno != 0 {
		controller.Close()
		return nil, nil, fmt.Errorf("opening a terminal: %w", errno)
	}
	return controller, os.NewFile(peer, "terminal"), nil
}

// resizeTerminal sets the window size; sizes that make no sense are ignored.
func resizeTerminal(controller *os.File, columns, rows int) {
	if columns < 1 || rows < 1 || columns > 10_000 || rows > 10_000 {
		return
	}
	size := [4]uint16{uint16(rows), uint16(columns)}
	raw, err := controller.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = terminalIoctl(int(fd), ioctlSize, uintptr(unsafe.Pointer(&size)))
	})
}

func terminalIoctl(fd int, request, argument uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, argument); errno != 0 {
		return errno
	}
	return nil
}
