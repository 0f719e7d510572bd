package boot

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"swarm/guest/protocol"
)

// ifreq is struct ifreq of <net/if.h>: a name and a union of 24 bytes.
type ifreq struct {
	name [16]byte
	data [24]byte
}

// rtentry is struct rtentry of <net/route.h> on 64-bit machines.
type rtentry struct {
	pad1    uint64
	dst     syscall.RawSockaddrInet4
	gateway syscall.RawSockaddrInet4
	genmask syscall.RawSockaddrInet4
	flags   uint16
	pad2    int16
	_       [4]byte
	pad3    uint64
	pad4    [4]int16
	metric  int16
	_       [6]byte
	dev     uintptr
	mtu     uint64
	window  uint64
	irtt    uint16
	_       [6]byte
}

func ioctl(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// setUpNetwork brings up lo and eth0 with the configured address. Where there is a way out, it leads
// through guestd, and what is not on the link is the machine itself; else the gateway is asked.
func setUpNetwork(config protocol.Config) error {
	network := config.Network
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := bringUp(fd, "lo"); err != nil {
		return fmt.Errorf("lo: %w", err)
	}
	if err := waitForInterface("eth0", 10*time.Second); err != nil {
		return err
	}
	address, gateway := ipv4(network.Address), ipv4(network.Gateway)
	if address == nil || gateway == nil || network.PrefixLength < 1 || network.PrefixLength > 32 {
		return fmt.Errorf("network configuration is not IPv4: %+v", network)
	}
	mask := net.CIDRMask(network.PrefixLength, 32)
	if err := setAddress(fd, "eth0", syscall.SIOCSIFADDR, address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	if err := setAddress(fd, "eth0", syscall.SIOCSIFNETMASK, mask); err != nil {
		return fmt.Errorf("netmask: %w", err)
	}
	if network.MTU > 0 {
		request := named("eth0")
		*(*int32)(unsafe.Pointer(&request.data)) = int32(network.MTU)
		if err := ioctl(fd, syscall.SIOCSIFMTU, unsafe.Pointer(&request)); err != nil {
			return fmt.Errorf("mtu: %w", err)
		}
	}
	if err := bringUp(fd, "eth0"); err != nil {
		return fmt.Errorf("eth0: %w", err)
	}
	if config.Egress != nil {
		// Nothing that leads out speaks IPv6; an address of that kind would only make noise.
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", []byte("1"), 0)
		if err := routeToSelf(address); err != nil {
			return fmt.Errorf("route to itself: %w", err)
		}
		return nil
	}
	return setGateway(fd, gateway)
}

func setGateway(fd int, gateway []byte) error {
	route := rtentry{
		dst:     syscall.RawSockaddrInet4{Family: syscall.AF_INET},
		gateway: inet4(gateway),
		genmask: syscall.RawSockaddrInet4{Family: syscall.AF_INET},
		flags:   syscall.RTF_UP | syscall.RTF_GATEWAY,
	}
	if err := ioctl(fd, syscall.SIOCADDRT, unsafe.Pointer(&route)); err != nil && err != syscall.EEXIST {
		return fmt.Errorf("default route: %w", err)
	}
	return nil
}

func waitForInterface(name string, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		if _, err := os.Stat("/sys/class/net/" + name); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the machine has no network interface %s", name)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func named(name string) ifreq {
	var request ifreq
	copy(request.name[:15], name)
	return request
}

func bringUp(fd int, name string) error {
	request := named(name)
	if err := ioctl(fd, syscall.SIOCGIFFLAGS, unsafe.Pointer(&request)); err != nil {
		return err
	}
	*(*uint16)(unsafe.Pointer(&request.data)) |= syscall.IFF_UP
	return ioctl(fd, syscall.SIOCSIFFLAGS, unsafe.Pointer(&request))
}

func setAddress(fd int, name string, call uintptr, address []byte) error {
	request := named(name)
	*(*syscall.RawSockaddrInet4)(unsafe.Pointer(&request.data)) = inet4(address)
	return ioctl(fd, call, unsafe.Pointer(&request))
}

func inet4(address []byte) syscall.RawSockaddrInet4 {
	result := syscall.RawSockaddrInet4{Family: syscall.AF_INET}
	copy(result.Addr[:], address)
	return result
}

func ipv4(text string) net.IP { return net.ParseIP(text).To4() }
