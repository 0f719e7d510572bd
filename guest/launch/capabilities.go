package launch

import (
	"fmt"
	"syscall"
	"unsafe"
)

const sysSetns = 308

const (
	prCapbsetDrop  = 24
	prCapAmbient   = 47
	ambientClear   = 4
	lastCapability = 63
	capVersion3    = 0x20080522
)

// keptCapabilities are Docker's defaults without CAP_MKNOD, which there is harmless only because
// of the device cgroup: root in the guest must not make a node of the machine's drives.
var keptCapabilities = []uint{
	0,  // CAP_CHOWN
	1,  // CAP_DAC_OVERRIDE
	3,  // CAP_FOWNER
	4,  // CAP_FSETID
	5,  // CAP_KILL
	6,  // CAP_SETGID
	7,  // CAP_SETUID
	8,  // CAP_SETPCAP
	10, // CAP_NET_BIND_SERVICE
	13, // CAP_NET_RAW
	18, // CAP_SYS_CHROOT
	29, // CAP_AUDIT_WRITE
	31, // CAP_SETFCAP
}

func keptMask() uint64 {
	var mask uint64
	for _, capability := range keptCapabilities {
		mask |= 1 << capability
	}
	return mask
}

type capHeader struct {
	version uint32
	pid     int32
}

type capData struct{ effective, permitted, inheritable uint32 }

func setCapabilities(mask uint64) error {
	header := capHeader{version: capVersion3}
	data := [2]capData{
		{effective: uint32(mask), permitted: uint32(mask)},
		{effective: uint32(mask >> 32), permitted: uint32(mask >> 32)},
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
	if errno != 0 {
		return fmt.Errorf("capset: %w", errno)
	}
	return nil
}

// limitCapabilities bounds what this thread, and any set-user-id program it starts, can ever have.
func limitCapabilities() error {
	kept := keptMask()
	for capability := uint(0); capability <= lastCapability; capability++ {
		if kept&(1<<capability) != 0 {
			continue
		}
		_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapbsetDrop, uintptr(capability), 0)
		if errno != 0 && errno != syscall.EINVAL {
			return fmt.Errorf("capability %d: %w", capability, errno)
		}
	}
	return nil
}

// dropEffective leaves root with the kept capabilities; for others the kernel cleared them all.
func dropEffective(uid int) error {
	if uid != 0 {
		return nil
	}
	return setCapabilities(keptMask())
}
