package boot

import (
	"encoding/binary"
	"fmt"
	"net"
	"syscall"
)

// routeToSelf makes every address that is not on the link one of the machine's own: what processes
// send there arrives in the machine, and no route leads out of it. It is
// "ip route add local default dev lo src ADDRESS".
func routeToSelf(address net.IP) error {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	body := make([]byte, syscall.SizeofRtMsg)
	body[0] = syscall.AF_INET
	body[4] = syscall.RT_TABLE_MAIN
	body[5] = syscall.RTPROT_BOOT
	body[6] = syscall.RT_SCOPE_HOST
	body[7] = syscall.RTN_LOCAL
	attribute := func(kind uint16, value [4]byte) {
		body = binary.LittleEndian.AppendUint16(body, syscall.SizeofRtAttr+4)
		body = binary.LittleEndian.AppendUint16(body, kind)
		body = append(body, value[:]...)
	}
	var device [4]byte
	binary.LittleEndian.PutUint32(device[:], uint32(loopback.Index))
	attribute(syscall.RTA_OIF, device)
	// Else a connection would come from the very address it goes to, and might meet itself.
	attribute(syscall.RTA_PREFSRC, [4]byte{address[0], address[1], address[2], address[3]})
	return netlink(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE|syscall.NLM_F_REPLACE, body)
}

// netlink sends one request to the kernel's routing and waits for its answer.
func netlink(kind, flags uint16, body []byte) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	request := make([]byte, syscall.SizeofNlMsghdr, syscall.SizeofNlMsghdr+len(body))
	binary.LittleEndian.PutUint32(request, uint32(syscall.SizeofNlMsghdr+len(body)))
	binary.LittleEndian.PutUint16(request[4:], kind)
	binary.LittleEndian.PutUint16(request[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_ACK|flags)
	kernel := &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}
	if err := syscall.Sendto(fd, append(request, body...), 0, kernel); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:n])
	if err != nil {
		return err
	}
	for _, message := range messages {
		if message.Header.Type != syscall.NLMSG_ERROR || len(message.Data) < 4 {
			continue
		}
		if errno := -int32(binary.LittleEndian.Uint32(message.Data)); errno != 0 {
			return syscall.Errno(errno)
		}
		return nil
	}
	return fmt.Errorf("the kernel did not answer")
}
